"""The published TPC networks written plainly in PyTorch, to time jaxgen against (extra `bench`)."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

DROPOUT = 0.02
PENALTY = 10.0
LATENT = 32


class Critic(nn.Module):
    """Published critic: image and tiled features through six convolutions, then two dense layers."""

    def __init__(self, *, normalized: bool) -> None:
        super().__init__()
        wrap: Callable[[nn.Module], nn.Module] = spectral_norm if normalized else lambda layer: layer

        def convolution(width_in: int, width_out: int, size: int, padding: int) -> list[nn.Module]:
            layer = nn.Conv2d(width_in, width_out, size, padding=padding)
            return [wrap(layer), nn.ELU(), nn.Dropout(DROPOUT)]

        self.body = nn.Sequential(
            *convolution(6, 16, 3, 1),
            *convolution(16, 16, 3, 1),
            nn.MaxPool2d((1, 2)),
            *convolution(16, 32, 3, 1),
            *convolution(32, 32, 3, 1),
            nn.MaxPool2d(2),
            *convolution(32, 64, 3, 0),
            *convolution(64, 64, 2, 0),
            nn.Flatten(),
        )
        self.head = nn.Sequential(wrap(nn.Linear(69, 128)), nn.ELU(), wrap(nn.Linear(128, 1)))

    def forward(self, image: Tensor, features: Tensor) -> Tensor:
        """Maps images [N, 8, 16] with features [N, 5] to scores [N]."""
        tiled = features[:, :, None, None].expand(-1, -1, *image.shape[1:])
        hidden = self.body(torch.cat([image[:, None], tiled], dim=1))
        return self.head(torch.cat([hidden, features], dim=1))[:, 0]


class Generator(nn.Module):
    """Published generator: dense layers, ELU, and the kinked activation."""

    def __init__(self) -> None:
        super().__init__()
        widths = (5 + LATENT, 32, 64, 64, 64)
        layers: list[nn.Module] = []
        for width_in, width_out in pairwise(widths):
            layers += [nn.Linear(width_in, width_out), nn.ELU()]
        self.body = nn.Sequential(*layers, nn.Linear(64, 128))

    def forward(self, features: Tensor, latent: Tensor) -> Tensor:
        """Maps features [N, 5] and latent numbers [N, 32] to responses [N, 8, 16]."""
        x = self.body(torch.cat([features, latent], dim=1))
        threshold, width = 0.30103, 0.01
        value = threshold / 10
        low = value * torch.exp(torch.clamp(x, max=0.0))
        middle = value + (threshold - value) * x / width
        kinked = torch.where(x > width, threshold + x - width, torch.where(x < 0, low, middle))
        return kinked.view(-1, 8, 16)


def make_critic_update(regularizer: str, batch: int) -> Callable[[], float]:
    """Builds a function that makes one critic update on fixed random data.

    Args:
      regularizer: "gradient_penalty" or "spectral_norm".
      batch: events in a batch.

    Returns:
      A function that makes the update and returns the loss.
    """
    torch.manual_seed(0)
    critic, generator = Critic(normalized=regularizer == "spectral_norm"), Generator()
    optimizer = torch.optim.RMSprop(critic.parameters(), lr=1e-4)
    real, features = torch.rand(batch, 8, 16), torch.rand(batch, 5)

    def update() -> float:
        with torch.no_grad():
            fake = generator(features, torch.randn(batch, LATENT))
        loss = (critic(fake, features) - critic(real, features)).mean()
        if regularizer == "gradient_penalty":
            mixing = torch.rand(batch, 1, 1)
            points = (mixing * real + (1 - mixing) * fake).requires_grad_()
            (gradient,) = torch.autograd.grad(critic(points, features).sum(), points, create_graph=True)
            slope = gradient.flatten(1).norm(dim=1)
            loss = loss + PENALTY * ((slope - 1) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return update


def make_sampler(batch: int) -> Callable[[], Tensor]:
    """Builds a function that draws noise and generates `batch` responses."""
    torch.manual_seed(0)
    generator, features = Generator(), torch.rand(batch, 5)

    @torch.no_grad()
    def sample() -> Tensor:
        return 10 ** generator(features, torch.randn(batch, LATENT)) - 1

    return sample
