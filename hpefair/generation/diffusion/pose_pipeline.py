"""A small pose-conditioned diffusion model as a pipeline of diffusers: skeleton and parts in, pixels out.

Diffusion in pixels, with the condition concatenated to the noisy picture (Saharia et al. 2022, 2111.05826). Pictures
and conditions are folded into channels first, 4 x 4 pixels into one, which makes every layer sixteen times cheaper.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from diffusers import DDIMScheduler, DiffusionPipeline, ImagePipelineOutput, UNet2DModel
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image
from torch import Tensor
from torch.nn import functional

FOLD: Final = 4
PICTURE, CONDITION = 3, 6  # channels: RGB; RGB of the skeleton and of the parts
CONDITIONS: Final = ("skeleton", "parts")
TRAINED_STEPS: Final = 1000


class PoseDiffusionPipeline(DiffusionPipeline):
    """Pictures of people in given poses."""

    def __init__(self, unet: UNet2DModel, scheduler: DDIMScheduler) -> None:
        """Take the network and how it is sampled.

        Args:
            unet: Network on folded pictures; its `sample_size` is the side of a folded picture.
            scheduler: DDIM scheduler.
        """
        super().__init__()
        self.register_modules(unet=unet, scheduler=scheduler)

    @torch.no_grad()
    def __call__(
        self,
        image: Sequence[Image.Image],
        num_inference_steps: int = 30,
        generator: torch.Generator | list[torch.Generator] | None = None,
        output_type: str = "np",
    ) -> ImagePipelineOutput:
        """Paint people.

        Args:
            image: Skeleton and parts of the first person, skeleton and parts of the next, …
            num_inference_steps: DDIM steps.
            generator: Randomness, one for all or one per person.
            output_type: `np` (floats from 0 to 1), `pt` or `pil`.

        Returns:
            One picture per person, at the side that the network was trained at.
        """
        folds = math.isqrt(self.unet.config.out_channels // PICTURE)
        side = self.unet.config.sample_size * folds
        pairs = torch.stack([to_tensor(one, side) for one in image]).view(-1, CONDITION, side, side)
        condition = fold(pairs, folds).to(self._execution_device, self.unet.dtype)
        shape = (len(condition), PICTURE * folds**2, side // folds, side // folds)
        noisy = randn_tensor(shape, generator=generator, device=self._execution_device, dtype=self.unet.dtype)
        self.scheduler.set_timesteps(num_inference_steps, device=self._execution_device)
        for step in self.progress_bar(self.scheduler.timesteps):
            said = self.unet(torch.cat([noisy, condition], dim=1), step).sample
            noisy = self.scheduler.step(said, step, noisy).prev_sample
        pictures = (unfold(noisy, folds).float() / 2 + 0.5).clamp(0, 1).cpu()
        if output_type == "pt":
            return ImagePipelineOutput(images=pictures)
        images = pictures.permute(0, 2, 3, 1).numpy()
        return ImagePipelineOutput(images=images if output_type == "np" else self.numpy_to_pil(images))


def untrained(side: int, seed: int = 0, widths: Sequence[int] = (64, 128, 192)) -> PoseDiffusionPipeline:
    """A pipeline for pictures of `side` pixels with a network that has seen nothing.

    The network names the clean picture, on a cosine schedule that ends in pure noise (Lin et al. 2023, 2305.08891), so
    that dark and bright pictures stay possible.
    """
    torch.manual_seed(seed)
    unet = UNet2DModel(
        sample_size=side // FOLD,
        in_channels=(PICTURE + CONDITION) * FOLD**2,
        out_channels=PICTURE * FOLD**2,
        block_out_channels=tuple(widths),
        down_block_types=("DownBlock2D",) * len(widths),
        up_block_types=("UpBlock2D",) * len(widths),
        layers_per_block=1,
        norm_num_groups=8,
        attention_head_dim=None,
        add_attention=False,
    )
    scheduler = DDIMScheduler(
        num_train_timesteps=TRAINED_STEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=True,
        set_alpha_to_one=True,
    )
    return PoseDiffusionPipeline(unet, scheduler)


def fold(pictures: Tensor, folds: int = FOLD) -> Tensor:
    """Pictures (B, C, H, W) as (B, folds^2 C, H / folds, W / folds)."""
    return functional.pixel_unshuffle(pictures, folds)


def unfold(folded: Tensor, folds: int = FOLD) -> Tensor:
    """The reverse of `fold`."""
    return functional.pixel_shuffle(folded, folds)


def to_tensor(image: Image.Image, side: int) -> Tensor:
    """A picture as values (3, side, side) from -1 to 1."""
    small: Any = image if image.size == (side, side) else image.resize((side, side), Image.Resampling.BOX)
    values = torch.frombuffer(bytearray(small.convert("RGB").tobytes()), dtype=torch.uint8)
    return values.view(side, side, 3).permute(2, 0, 1).float() / 127.5 - 1
