"""The calorimeter in Geant4, its particle gun and the recording of cells; imports `geant4_pybind`.

66 layers of 2 mm of lead and 4 mm of plastic scintillator, 24 radiation lengths, in 30 x 30 cells; the front
face is the plane z = 0 and air is around. Energy is summed over the layers, without noise, light yield or
threshold.
"""

import os
import sys
import time
from typing import Any

import geant4_pybind as g4
import numpy as np

from jaxgen.physics.geant4_physics import PhysicsList
from jaxgen.systems.calorimeter.cells import CELL, CELLS
from jaxgen.systems.calorimeter.data.conditions import to_columns
from jaxgen.systems.calorimeter.geant4 import SECONDS

LAYERS = 66
ABSORBER = 2.0
SCINTILLATOR = 4.0
"""Number of layers, and thickness in mm of lead and of scintillator in each."""

_SIDE = CELL * CELLS
_LAYER = ABSORBER + SCINTILLATOR
_DEPTH = _LAYER * LAYERS
_START = -1e-3
"""Position in mm from which particles start, just before the front face."""


class Calorimeter(g4.G4VUserDetectorConstruction):
    """Volumes and the energy scorer."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[Any] = []

    def Construct(self) -> Any:
        """Places the layers in the world and divides each scintillator plate into cells."""
        find = g4.G4NistManager.Instance().FindOrBuildMaterial
        air, lead, plastic = map(find, ("G4_AIR", "G4_Pb", "G4_PLASTIC_SC_VINYLTOLUENE"))
        world = self._box("world", (2000, 2000, 1200), air)
        whole = self._box("calorimeter", (_SIDE, _SIDE, _DEPTH), air)
        layer = self._box("layer", (_SIDE, _SIDE, _LAYER), air)
        absorber = self._box("absorber", (_SIDE, _SIDE, ABSORBER), lead)
        plate = self._box("plate", (_SIDE, _SIDE, SCINTILLATOR), plastic)
        column = self._box("column", (CELL, _SIDE, SCINTILLATOR), plastic)
        self._cell = self._box("cell", (CELL, CELL, SCINTILLATOR), plastic)
        placed = self._place(world, None, 0)
        self._place(whole, world, _DEPTH / 2)
        self._repeat(layer, whole, g4.kZAxis, LAYERS, _LAYER)
        self._place(absorber, layer, -SCINTILLATOR / 2)
        self._place(plate, layer, ABSORBER / 2)
        self._repeat(column, plate, g4.kXAxis, CELLS, CELL)
        self._repeat(self._cell, column, g4.kYAxis, CELLS, CELL)
        return placed

    def _box(self, name: str, sides: tuple[float, float, float], material: Any) -> Any:
        solid = g4.G4Box(name, *(side / 2 * g4.mm for side in sides))
        self._kept += [solid, g4.G4LogicalVolume(solid, material, name)]
        return self._kept[-1]

    def _place(self, volume: Any, mother: Any, z: float) -> Any:
        position = g4.G4ThreeVector(0, 0, z * g4.mm)
        self._kept.append(g4.G4PVPlacement(None, position, volume, volume.GetName(), mother, False, 0))
        return self._kept[-1]

    def _repeat(self, volume: Any, mother: Any, axis: Any, number: int, width: float) -> None:
        self._kept.append(g4.G4PVReplica(volume.GetName(), volume, mother, axis, number, width * g4.mm))

    def ConstructSDandField(self) -> None:
        """Scores energy by the copy numbers of column and cell, at depths 1 and 0; layers are summed."""
        self._scorer = g4.G4PSEnergyDeposit3D("energy", CELLS, CELLS, 1, 1, 0, 2)
        self._detector = g4.G4MultiFunctionalDetector("cells")
        self._detector.RegisterPrimitive(self._scorer)
        g4.G4SDManager.GetSDMpointer().AddNewDetector(self._detector)
        self.SetSensitiveDetector(self._cell, self._detector)


class Gun(g4.G4VUserPrimaryGeneratorAction):
    """Shoots a particle for each row of the conditions [N, 6]."""

    def __init__(self, condition: np.ndarray) -> None:
        super().__init__()
        self._condition = condition
        self._gun = g4.G4ParticleGun(1)

    def GeneratePrimaries(self, event: Any) -> None:
        """Creates the particle of this event."""
        energy, x, y, theta, phi, photon = self._condition[event.GetEventID()]
        particle = g4.G4ParticleTable.GetParticleTable().FindParticle("gamma" if photon else "e-")
        across = np.sin(theta)
        direction = map(float, (across * np.cos(phi), across * np.sin(phi), np.cos(theta)))
        self._gun.SetParticleDefinition(particle)
        self._gun.SetParticleEnergy(float(energy) * g4.GeV)
        self._gun.SetParticleMomentumDirection(g4.G4ThreeVector(*direction))
        self._gun.SetParticlePosition(g4.G4ThreeVector(*(float(length) * g4.mm for length in (x, y, _START))))
        self._gun.GeneratePrimaryVertex(event)


class Recorder(g4.G4UserEventAction):
    """Copies the scored energies to images [N, 30, 30] in MeV."""

    def __init__(self, images: np.ndarray) -> None:
        super().__init__()
        self._cells = images.reshape(len(images), -1)

    def EndOfEventAction(self, event: Any) -> None:
        """Copies one shower."""
        identifier = g4.G4SDManager.GetSDMpointer().GetCollectionID("cells/energy")
        image = self._cells[event.GetEventID()]
        for cell, energy in event.GetHCofThisEvent().GetHC(identifier):
            image[cell] = energy / g4.MeV


class Actions(g4.G4VUserActionInitialization):
    """Registers gun and recorder with Geant4."""

    def __init__(self, gun: Gun, recorder: Recorder) -> None:
        super().__init__()
        self._gun, self._recorder = gun, recorder

    def Build(self) -> None:
        """Registers the actions."""
        self.SetUserAction(self._gun)
        self.SetUserAction(self._recorder)


def start(condition: np.ndarray, images: np.ndarray, seed: int) -> tuple[Any, tuple[Any, ...]]:
    """Starts Geant4; only once per process.

    Args:
      condition: [N, 6].
      images: [N, 30, 30] float32, contiguous; filled as showers are generated.
      seed: seed of the random numbers.

    Returns:
      The run manager, and the objects that must not be freed before it.
    """
    manager = g4.G4RunManagerFactory.CreateRunManager(g4.G4RunManagerType.Serial)
    g4.G4Random.setTheSeed(seed)
    calorimeter, physics = Calorimeter(), PhysicsList()
    manager.SetUserInitialization(calorimeter)
    manager.SetUserInitialization(physics)
    actions = Actions(
        Gun(condition), Recorder(images)
    )  # invalid conditions raise before the physics is set up
    manager.SetUserInitialization(actions)
    manager.Initialize()
    return manager, (calorimeter, physics, actions)


def _shoot(request: str, result: str, seed: int) -> None:
    """Processes a request in this process, which must end afterwards."""
    with np.load(request, allow_pickle=False) as file:
        condition = file["condition"]
    images = np.zeros((len(condition), CELLS, CELLS), np.float32)
    begin = time.process_time()
    manager, kept = start(condition, images, seed)
    manager.BeamOn(0)  # computes the tables of the processes
    ready = time.process_time()
    manager.BeamOn(len(condition))
    end = time.process_time()
    del kept
    seconds = dict(zip(SECONDS, (ready - begin, end - ready), strict=True))
    with open(result, "wb") as output:
        np.savez(output, allow_pickle=False, images=images, **to_columns(condition), **seconds)


if __name__ == "__main__":
    _shoot(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.stdout.flush()
    os._exit(0)  # normal termination of Geant4 would free objects that it does not own
