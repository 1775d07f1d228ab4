"""Random pipelines of a few thousand weights, built from configs, as the loader finds them on disk."""

import json

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionControlNetPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLControlNetPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer


def build(folder):
    """Pipelines of all three operations, and a ControlNet of its own, under one folder."""
    torch.manual_seed(0)
    control = parts(folder)
    torch.manual_seed(1)
    net = ControlNetModel.from_unet(control["unet"], conditioning_embedding_out_channels=(8, 16))
    # A fresh ControlNet ends in zeros and would steer nothing.
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    net.save_pretrained(folder / "net")
    StableDiffusionControlNetPipeline(controlnet=net, **control).save_pretrained(folder / "control")
    StableDiffusionImg2ImgPipeline(**parts(folder)).save_pretrained(folder / "refine")
    StableDiffusionInpaintPipeline(**parts(folder, channels=9)).save_pretrained(folder / "inpaint")


def parts(folder, channels=4):
    """What every Stable Diffusion pipeline consists of."""
    unet = UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=16,
        in_channels=channels,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=2,
        norm_num_groups=4,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        norm_num_groups=4,
    )
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2}
    text = CLIPTextConfig(**shape, vocab_size=64, bos_token_id=52, eos_token_id=53, pad_token_id=53, projection_dim=16)
    return {
        "unet": unet,
        "vae": vae,
        "text_encoder": CLIPTextModel(text),
        "tokenizer": tokenizer(folder / "tokenizer"),
        "scheduler": DDIMScheduler(steps_offset=1),
        "safety_checker": None,
        "feature_extractor": None,
        "requires_safety_checker": False,
    }


def tokenizer(folder):
    """A tokenizer of single letters."""
    folder.mkdir(exist_ok=True)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)


def build_xl(folder):
    """An SDXL pipeline with a ControlNet under `control`, and two ControlNets under `net0` and `net1`."""
    base = parts(folder)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 3}
    text = CLIPTextConfig(**shape, vocab_size=64, bos_token_id=52, eos_token_id=53, pad_token_id=53, projection_dim=16)
    unet = UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=(2, 2),
        norm_num_groups=4,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 1),
        projection_class_embeddings_input_dim=6 * 8 + 16,
    )
    nets = [ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 16)) for _ in range(2)]
    for number, net in enumerate(nets):
        for weight in net.parameters():
            torch.nn.init.normal_(weight, std=0.1)
        net.save_pretrained(folder / f"net{number}")
    StableDiffusionXLControlNetPipeline(
        vae=base["vae"],
        text_encoder=base["text_encoder"],
        text_encoder_2=CLIPTextModelWithProjection(text),
        tokenizer=base["tokenizer"],
        tokenizer_2=base["tokenizer"],
        unet=unet,
        controlnet=nets[0],
        scheduler=EulerDiscreteScheduler(),
    ).save_pretrained(folder / "control")
