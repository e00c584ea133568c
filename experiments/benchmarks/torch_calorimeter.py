"""The networks of showers written plainly in PyTorch, to time jaxgen against (extra `bench`)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

GAN1_BATCH, GAN1_LATENT = 100, 100
CONDITIONAL_LATENT, FEATURES = 64, 6
PENALTY = 10.0


def gan1_generator() -> nn.Module:
    """Maps latent numbers [N, 100] to showers [N, 1, 30, 30]."""
    layers: list[nn.Module] = [nn.Linear(GAN1_LATENT, 49), nn.ReLU(), nn.Unflatten(1, (1, 7, 7))]
    width = 1
    for filters, side in ((128, 5), (128, 5), (64, 5), (64, 5), (32, 4), (32, 4), (16, 4)):
        layers += [nn.ConvTranspose2d(width, filters, side), nn.ReLU()]
        width = filters
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 3), nn.Tanh())


def gan1_critic() -> nn.Module:
    """Maps showers [N, 1, 30, 30] to the logarithms of two probabilities [N, 2]."""

    def convolution(width_in: int, width_out: int) -> list[nn.Module]:
        return [nn.Conv2d(width_in, width_out, 3), nn.ReLU()]

    return nn.Sequential(
        *convolution(1, 32),
        nn.MaxPool2d(2),
        *convolution(32, 32),
        *convolution(32, 64),
        *convolution(64, 64),
        nn.MaxPool2d(2),
        *convolution(64, 128),
        nn.Flatten(),
        nn.Linear(512, 256),
        nn.Tanh(),
        nn.Linear(256, 2),
        nn.LogSoftmax(dim=1),
    )


def make_gan1_update(batch: int) -> Callable[[], float]:
    """Builds a function that makes one critic update of GAN1 on fixed random data."""
    torch.manual_seed(0)
    critic, generator = gan1_critic(), gan1_generator()
    optimizer = torch.optim.SGD(critic.parameters(), lr=1e-4)
    real = torch.rand(batch, 1, 30, 30)

    def update() -> float:
        with torch.no_grad():
            fake = generator(torch.randn(batch, GAN1_LATENT))
        loss = -(critic(real)[:, 0] + critic(fake)[:, 1]).mean() + (critic[-2].weight ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return update


def _same(width_in: int, width_out: int) -> list[nn.Module]:
    return [nn.Conv2d(width_in, width_out, 3, padding=1), nn.ELU()]


class ConditionalGenerator(nn.Module):
    """Dense layers, convolutions between two enlargements, and a factor and an offset for each cell."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(FEATURES + CONDITIONAL_LATENT, 128),
            nn.ELU(),
            nn.Linear(128, 512),
            nn.ELU(),
            nn.Unflatten(1, (32, 4, 4)),
            *_same(32, 32),
            nn.Upsample(scale_factor=2),
            *_same(32, 32),
            nn.ConvTranspose2d(32, 36, 3),
            nn.ELU(),
            nn.PixelShuffle(3),
            nn.Conv2d(4, 1, 3, padding=1),
        )
        self.factor, self.offset = nn.Parameter(torch.ones(30, 30)), nn.Parameter(torch.zeros(30, 30))

    def forward(self, features: Tensor, latent: Tensor) -> Tensor:
        """Maps features [N, 6] and latent numbers [N, 64] to showers [N, 30, 30]."""
        x = self.body(torch.cat([features, latent], dim=1))[:, 0]
        return torch.relu(x * self.factor + self.offset)


class ConditionalCritic(nn.Module):
    """Convolutions over the shower and the tiled features, then dense layers that see sums of cells too."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(9 + FEATURES, 32, 3),
            nn.ELU(),
            *_same(32, 32),
            nn.AvgPool2d(2),
            *_same(32, 64),
            *_same(64, 64),
            nn.Flatten(),
        )
        self.head = nn.Sequential(
            nn.Linear(1024 + FEATURES + 40, 128), nn.ELU(), nn.Linear(128, 128), nn.ELU(), nn.Linear(128, 1)
        )

    def forward(self, image: Tensor, features: Tensor) -> Tensor:
        """Maps showers [N, 30, 30] with features [N, 6] to scores [N]."""
        folded = nn.functional.pixel_unshuffle(image[:, None], 3)
        tiled = features[:, :, None, None].expand(-1, -1, 10, 10)
        hidden = self.body(torch.cat([folded, tiled], dim=1))
        squares = [image.sum((1, 2))]
        squares += [image[:, low : 30 - low, low : 30 - low].sum((1, 2)) for low in (14, 13, 12)]
        total, inner, middle, outer = squares
        sums = torch.stack([total, inner, middle - inner, outer - middle], dim=1)
        middle = image[:, 12:18, 12:18].flatten(1)
        return self.head(torch.cat([features, torch.log(0.1 + sums), middle, hidden], dim=1))[:, 0]


def make_conditional_update(regularizer: str, batch: int) -> Callable[[], float]:
    """Builds a function that makes one critic update on fixed random data.

    Args:
      regularizer: "gradient_penalty" or "spectral_norm".
      batch: showers in a batch.

    Returns:
      A function that makes the update and returns the loss.
    """
    torch.manual_seed(0)
    critic, generator = ConditionalCritic(), ConditionalGenerator()
    if regularizer == "spectral_norm":
        for layer in critic.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                spectral_norm(layer)
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-4)
    real, features = torch.rand(batch, 30, 30), torch.rand(batch, FEATURES)

    def update() -> float:
        with torch.no_grad():
            fake = generator(features, torch.randn(batch, CONDITIONAL_LATENT))
        loss = (critic(fake, features) - critic(real, features)).mean()
        if regularizer == "gradient_penalty":
            mixing = torch.rand(batch, 1, 1)
            points = (mixing * real + (1 - mixing) * fake).requires_grad_()
            (gradient,) = torch.autograd.grad(critic(points, features).sum(), points, create_graph=True)
            loss = loss + PENALTY * ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return update
