"""A CLIP model built tiny from its configuration, with a tokenizer of single letters, saved like real weights."""

from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer, SiglipConfig, SiglipModel

LETTERS = "abcdefghijklmnopqrstuvwxyz-'"


def write(folder: Path, siglip: bool = False) -> Path:
    """Write model, tokenizer and image processor; random weights, the same every time."""
    words = [*LETTERS, *(letter + "</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    start, end = len(words) - 2, len(words) - 1
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    ends = {"bos_token_id": start, "eos_token_id": end, "pad_token_id": end}
    text = {**small, **ends, "vocab_size": len(words), "max_position_embeddings": 64}
    vision = {**small, "image_size": 32, "patch_size": 8}
    torch.manual_seed(0)
    if siglip:
        model = SiglipModel(SiglipConfig(text_config={**text, "projection_size": 32}, vision_config=vision))
    else:
        model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=16))
    model.save_pretrained(folder)
    CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=64).save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder
