"""Electromagnetic processes of Geant4 that need no data files; imports `geant4_pybind`, Linux only.

The usual physics lists read tables that no Python package ships. The processes registered here need none:
the photoelectric effect with the built-in Sandia tables, Compton scattering by Klein and Nishina, pair
production, multiple scattering by Urban, ionization by Moller and Bhabha, relativistic bremsstrahlung at all
energies, and annihilation. Rayleigh scattering, fluorescence and nuclear reactions are not included, and soft
photons are radiated by a model made for high energies.

The Python package does not wrap the processes, so they are built by calling the exported constructors of its
library by their names in the Itanium C++ ABI.
"""

import ctypes
from typing import Any

import geant4_pybind as g4

_ROOM = 1 << 16
"""Bytes allocated for an object, more than any of these classes needs."""

_ELECTROMAGNETIC = 2
"""Position of `fElectromagnetic` in the enumeration `G4ProcessType`."""

PRODUCTION_CUT = 1.0
"""Range in mm above which secondary particles are produced."""

SMALLEST_ENERGY = 0.3
"""Energy in MeV below which electrons are stopped and deposit their energy."""

_library = ctypes.CDLL(g4.__file__)
_library.calloc.restype = ctypes.c_void_p
_library.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]

_NAME, _PARTICLE, _KIND = "RK8G4String", "PK20G4ParticleDefinition", "13G4ProcessType"


class _Text(ctypes.Structure):
    """A `std::string` of libstdc++, the type of `G4String`: address, length, buffer for short strings."""

    _fields_ = (
        ("address", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("short", ctypes.c_char * 16),
    )


def _call(owner: str, name: str, signature: str, *arguments: Any, result: Any = None) -> Any:
    function = getattr(_library, f"_ZN{len(owner)}{owner}{name}E{signature}")
    function.restype = result
    return function(*arguments)


def _method(name: str) -> str:
    return f"{len(name)}{name}"


def _build(kind: str, signature: str, label: str) -> ctypes.c_void_p:
    """A new object of a class, constructed with the arguments of the signature.

    It is never freed: Geant4 uses processes and models until it ends.
    """
    content = ctypes.create_string_buffer(label.encode())
    text = _Text(ctypes.addressof(content), len(label))
    given = {_NAME: ctypes.byref(text), _PARTICLE: ctypes.c_void_p(), _KIND: ctypes.c_int(_ELECTROMAGNETIC)}
    room = ctypes.c_void_p(_library.calloc(1, _ROOM))
    wanted = sorted((part for part in given if part in signature), key=signature.index)
    _call(kind, "C1", signature, room, *(given[part] for part in wanted))
    return room


def _process(kind: str, label: str, *, typed: bool = False) -> ctypes.c_void_p:
    return _build(kind, _NAME + (_KIND if typed else ""), label)


def _set_model(
    process: ctypes.c_void_p, base: str, model_base: str, model: ctypes.c_void_p, index: int = 0
) -> None:
    signature = f"P{_method(model_base)}i"
    _call(base, _method("SetEmModel"), signature, process, model, ctypes.c_int(index))


def _photon_processes() -> list[ctypes.c_void_p]:
    photoelectric = _process("G4PhotoElectricEffect", "phot", typed=True)
    compton = _process("G4ComptonScattering", "compt", typed=True)
    conversion = _process("G4GammaConversion", "conv", typed=True)
    for process, model in (
        (photoelectric, _build("G4PEEffectFluoModel", _NAME, "PhotoElectric")),
        (compton, _build("G4KleinNishinaCompton", _PARTICLE + _NAME, "Klein-Nishina")),
    ):
        _set_model(process, "G4VEmProcess", "G4VEmModel", model)
    return [photoelectric, compton, conversion]


def _electron_processes() -> list[ctypes.c_void_p]:
    scattering = _process("G4eMultipleScattering", "msc")
    urban = _build("G4UrbanMscModel", _NAME, "UrbanMsc")
    _set_model(scattering, "G4VMultipleScattering", "G4VMscModel", urban)
    bremsstrahlung = _process("G4eBremsstrahlung", "eBrem")
    for below_or_above_1_gev in (0, 1):
        model = _build("G4eBremsstrahlungRelModel", _PARTICLE + _NAME, "eBremRel")
        _set_model(bremsstrahlung, "G4VEnergyLossProcess", "G4VEmModel", model, below_or_above_1_gev)
    return [scattering, _process("G4eIonisation", "eIoni"), bremsstrahlung]


def _register(process: ctypes.c_void_p, particle: ctypes.c_void_p) -> None:
    helper = "G4PhysicsListHelper"
    instance = _call(helper, _method("GetPhysicsListHelper"), "v", result=ctypes.c_void_p)
    signature = "P10G4VProcessP20G4ParticleDefinition"
    arguments = ctypes.c_void_p(instance), process, particle
    if not _call(helper, _method("RegisterProcess"), signature, *arguments, result=ctypes.c_bool):
        raise RuntimeError("Geant4 refused a process")


def _particle(kind: str, accessor: str) -> ctypes.c_void_p:
    return ctypes.c_void_p(_call(kind, _method(accessor), "v", result=ctypes.c_void_p))


class FormulaPhysics(g4.G4VPhysicsConstructor):
    """Processes of photons, electrons and positrons, with the step limits used for calorimeters."""

    def __init__(self) -> None:
        super().__init__("FormulaPhysics")

    def ConstructParticle(self) -> None:
        """Constructs the particles; Geant4 requires the proton in every list."""
        for particle in (g4.G4Gamma, g4.G4Electron, g4.G4Positron, g4.G4Proton):
            particle.Definition()

    def ConstructProcess(self) -> None:
        """Constructs and registers the processes.

        Step limits are those of Geant4's list EMV (G4EmStandardPhysics_option1), made for calorimeters at the
        LHC; electrons below the lowest energy are stopped.
        """
        settings = g4.G4EmParameters.Instance()
        settings.SetVerbose(0)
        settings.SetWorkerVerbose(0)
        settings.SetStepFunction(0.8, 1 * g4.mm)
        settings.SetLateralDisplacement(False)
        settings.SetApplyCuts(True)
        settings.SetLowestElectronEnergy(SMALLEST_ENERGY * g4.MeV)
        g4.G4UImanager.GetUIpointer().ApplyCommand("/process/msc/StepLimit Minimal")
        for process in _photon_processes():
            _register(process, _particle("G4Gamma", "Gamma"))
        electron, positron = _particle("G4Electron", "Electron"), _particle("G4Positron", "Positron")
        for particle in (electron, positron):
            for process in _electron_processes():
                _register(process, particle)
        _register(_process("G4eplusAnnihilation", "annihil"), positron)


class PhysicsList(g4.G4VModularPhysicsList):
    """The physics list of these processes."""

    def __init__(self) -> None:
        super().__init__()
        self.SetVerboseLevel(0)
        self._processes = FormulaPhysics()
        self.RegisterPhysics(self._processes)

    def SetCuts(self) -> None:
        """Sets one production cut for all particles."""
        self.SetDefaultCutValue(PRODUCTION_CUT * g4.mm)
        for name in ("gamma", "e-", "e+", "proton"):
            self.SetCutValue(PRODUCTION_CUT * g4.mm, name)
