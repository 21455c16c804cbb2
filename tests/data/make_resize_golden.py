#!/usr/bin/env python3
"""Prints the numbers of resize_test.cc with Pillow and torchvision (Debian 12: python3-torchvision)."""
import numpy as np
from PIL import Image
from torchvision import transforms


def picture(height, width):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return Image.fromarray(((x * x * 37 + y * 61 + x * y * 11 + c * 97) % 256).astype(np.uint8))


def fnv1a(picture):
    h = 14695981039346656037
    for byte in np.asarray(picture).tobytes():
        h = ((h ^ byte) * 1099511628211) % 2**64
    return f"0x{h:016x}"


print(np.asarray(picture(5, 7).resize((4, 3), Image.BILINEAR)).reshape(-1).tolist())
for height, width, to_height, to_width in [(64, 64, 17, 23), (9, 13, 40, 5), (31, 50, 31, 20), (31, 50, 77, 50)]:
    print((height, width, to_height, to_width),
          fnv1a(picture(height, width).resize((to_width, to_height), Image.BILINEAR)))
for height, width, resize, crop in [(40, 23, 16, 8), (23, 41, 32, 31), (1, 1, 32, 32), (3, 300, 32, 32),
                                    (300, 3, 32, 32), (100, 75, 75, 64), (48, 37, 36, 24)]:
    whole = transforms.CenterCrop(crop)(transforms.Resize(resize)(picture(height, width)))
    print((height, width, resize, crop), fnv1a(whole))
