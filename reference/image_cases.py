"""Pictures of odd sizes and kinds, and what PIL and the CLIP image processor make of them.

The processor is CLIPImageProcessorPil, the one that resizes with PIL. Pictures reach it as transformers' own
`load_image` opens them (EXIF orientation applied, then converted to RGB, so that transparency is dropped), with two
exceptions. PIL clips 16-bit grey to white, so here its 16 bits are shifted down to 8 (`value >> 8`), which is what PIL
itself does with 16-bit colour. And PIL lets the transparent colour of a palette survive the conversion as a note,
which the processor would act on for that one kind of picture; the note is taken off.
"""

import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import torch
import transformers
from PIL import Image
from transformers import CLIPImageProcessorPil, LlavaImageProcessorPil
from transformers.image_transforms import convert_to_rgb
from transformers.image_utils import load_image

from common import empty_folder, formula_image, write_json, write_tensors

SMALL_ENOUGH_TO_KEEP = 30_000  # pixels: pictures up to here have their decoded bytes among the goldens


def alpha_ramp(width: int, height: int) -> Image.Image:
    ramp = Image.new("L", (width, height))
    ramp.putdata([(x * 5 + y * 3) % 256 for y in range(height) for x in range(width)])
    return ramp


def with_alpha(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(alpha_ramp(*image.size))
    return image


def palette(width: int, height: int) -> Image.Image:
    """Sixteen colours in stripes; the fifth is the transparent one."""
    image = Image.new("P", (width, height))
    image.putpalette([value for index in range(16) for value in (index * 17, 255 - index * 13, (index * 90) % 256)])
    image.putdata([(x // 3 + y // 4) % 16 for y in range(height) for x in range(width)])
    return image


def png_16_bit(path: Path, samples: np.ndarray) -> None:
    """A PNG with 16 bits a sample, grey `[height, width]` or colour `[height, width, 3]`; PIL writes only the former."""
    height, width = samples.shape[:2]
    colour_type = 0 if samples.ndim == 2 else 2
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    with path.open("wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in chunks:
            out.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


def wide_samples(image: Image.Image) -> np.ndarray:
    """8-bit samples spread over 16 bits with low bytes of their own, so that rounding and shifting differ."""
    high = np.asarray(image).astype(np.uint16)
    return (high << 8) | ((high * 7 + 131) & 0xFF)


def save_oriented(path: Path, image: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, quality=90, subsampling=0)


def write_pictures(folder: Path) -> list[str]:
    folder.mkdir()
    formula_image(333, 77).save(folder / "rgb-333x77.png", optimize=True)
    formula_image(77, 333, phase=1).save(folder / "rgb-77x333.png", optimize=True)
    formula_image(1, 1).save(folder / "rgb-1x1.png")
    formula_image(1, 500, phase=2).save(folder / "rgb-1x500.png")
    formula_image(500, 1, phase=3).save(folder / "rgb-500x1.png")
    formula_image(56, 56, phase=1).save(folder / "rgb-56x56.png", optimize=True)  # nothing to resize or crop
    formula_image(57, 113, phase=2).save(folder / "rgb-57x113.png", optimize=True)
    with_alpha(formula_image(91, 64)).save(folder / "rgba-91x64.png", optimize=True)
    formula_image(83, 59, phase=1).convert("L").save(folder / "grey-83x59.png", optimize=True)
    with_alpha(formula_image(60, 71, phase=2).convert("L")).save(folder / "grey-alpha-60x71.png", optimize=True)
    palette(75, 62).save(folder / "palette-75x62.png", bits=4)
    palette(62, 75).save(folder / "palette-transparent-62x75.png", bits=4, transparency=5)
    formula_image(66, 50).convert("L").point(lambda v: 255 * (v > 127)).convert("1").save(folder / "one-bit-66x50.png")
    png_16_bit(folder / "grey-16-bit-70x58.png", wide_samples(formula_image(70, 58, phase=1).convert("L")))
    png_16_bit(folder / "rgb-16-bit-58x70.png", wide_samples(formula_image(58, 70, phase=1)))
    formula_image(640, 480).save(folder / "jpeg-640x480.jpg", quality=75)  # chroma at half resolution
    formula_image(101, 67, phase=1).save(folder / "jpeg-444-101x67.jpg", quality=95, subsampling=0)
    formula_image(120, 90, phase=2).save(folder / "jpeg-progressive-120x90.jpg", quality=90, subsampling=0, progressive=True)
    formula_image(65, 80, phase=3).convert("L").save(folder / "jpeg-grey-65x80.jpg", quality=90)
    formula_image(72, 60).convert("CMYK").save(folder / "jpeg-cmyk-72x60.jpg", quality=95, subsampling=0)
    for orientation in (3, 5, 6, 8):
        save_oriented(folder / f"jpeg-orientation-{orientation}-90x60.jpg", formula_image(90, 60), orientation)
    return sorted(path.name for path in folder.iterdir())


def open_rgb(path: Path) -> Image.Image:
    with Image.open(path) as image:
        if image.mode.startswith("I"):
            return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)).convert("RGB")
    image = load_image(str(path))
    image.info.pop("transparency", None)
    return image


def expand_to_square(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """LLaVA 1.5's `image_aspect_ratio: pad`: the picture in the middle of a square, the odd pixel below or right."""
    side = max(image.size)
    square = Image.new("RGB", (side, side), colour)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


# name: (what differs from the processor's defaults, the pictures; None means all of them)
UNSCALED = {"do_rescale": False, "do_normalize": False}
FEW = ("rgb-333x77.png", "rgb-57x113.png", "grey-83x59.png", "jpeg-444-101x67.jpg")
LARGE = ("rgb-333x77.png", "rgb-57x113.png", "jpeg-640x480.jpg")


def edge(size: int) -> dict:
    return {"size": {"shortest_edge": size}, "crop_size": {"height": size, "width": size}}


CONFIGURATIONS = {
    "crop-56": (edge(56) | UNSCALED, None),
    "pad-56": (edge(56) | UNSCALED | {"do_pad": True}, None),
    "crop-224": (edge(224) | UNSCALED, LARGE),
    "crop-336": (edge(336) | UNSCALED, LARGE[1:]),
    "pad-336": (edge(336) | UNSCALED | {"do_pad": True}, LARGE[1:2]),
    # Odd differences between the two sizes: which side loses the odd pixel.
    "crop-odd": ({"size": {"shortest_edge": 61}, "crop_size": {"height": 40, "width": 48}} | UNSCALED, None),
    # A crop larger than the picture is filled with zeros, before anything is normalised.
    "crop-beyond": ({"size": {"shortest_edge": 33}, "crop_size": {"height": 56, "width": 64}}, FEW),
    "stretch": ({"size": {"height": 44, "width": 70}, "do_center_crop": False} | UNSCALED, None),
    "crop-only": ({"do_resize": False, "crop_size": {"height": 48, "width": 48}} | UNSCALED, FEW),
    "normalised": (edge(56), FEW),
    "pad-normalised": (edge(56) | {"do_pad": True}, FEW),
    "rescaled": (edge(56) | {"do_normalize": False}, FEW),
    "normalised-not-rescaled": (edge(56) | {"do_rescale": False}, FEW),
    "bilinear": (edge(56) | UNSCALED | {"resample": int(Image.Resampling.BILINEAR)}, FEW),
}

# picture: sizes (width, height) PIL resizes it to, bicubic, up and down and by different factors each way
RESIZES = {
    "rgb-333x77.png": ((100, 23), (332, 77), (56, 200), (500, 99)),
    "rgb-77x333.png": ((33, 57), (78, 30), (1, 1)),
    "rgb-57x113.png": ((57, 113), (58, 114), (114, 226), (19, 37), (171, 40)),
    "rgb-1x1.png": ((5, 3),),
    "rgb-1x500.png": ((3, 50), (7, 501)),
    "rgb-500x1.png": ((50, 4),),
    "jpeg-640x480.jpg": ((64, 48), (97, 31)),
}


def processed(image: Image.Image, settings: dict) -> np.ndarray:
    """`[3, height, width]`: bytes where nothing is rescaled or normalised, otherwise f32."""
    settings = dict(settings)
    padded = settings.pop("do_pad", False)
    processor = CLIPImageProcessorPil(**settings)
    given = expand_to_square(image, tuple(int(mean * 255) for mean in processor.image_mean)) if padded else image
    pixels = processor(given, return_tensors="np")["pixel_values"][0]
    if padded:
        own = LlavaImageProcessorPil(**settings, do_pad=True)(image, return_tensors="np")["pixel_values"][0]
        if not np.array_equal(own, pixels):
            raise SystemExit("Padding here differs from that of LlavaImageProcessorPil.")
    return pixels


def tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(pixels))


def write_decoded(folder: Path, pictures: dict[str, Image.Image]) -> None:
    """Decoded pictures `[height, width, 3]`, and those with transparency once more over white."""
    tensors = {}
    for name, image in pictures.items():
        if image.width * image.height <= SMALL_ENOUGH_TO_KEEP:
            tensors[f"rgb.{name}"] = tensor(np.asarray(image))
        with Image.open(folder / "pictures" / name) as raw:
            if "A" in raw.getbands() or "transparency" in raw.info:
                tensors[f"over_white.{name}"] = tensor(convert_to_rgb(raw, return_numpy=True))
    write_tensors(folder / "decoded.safetensors", tensors)


def write_resized(folder: Path, pictures: dict[str, Image.Image]) -> None:
    tensors = {
        f"{name}.{width}x{height}": tensor(np.asarray(pictures[name].resize((width, height), Image.Resampling.BICUBIC)))
        for name, sizes in RESIZES.items()
        for width, height in sizes
    }
    write_tensors(folder / "resized.safetensors", tensors)


def write_processed(folder: Path, pictures: dict[str, Image.Image]) -> dict[str, dict]:
    described = {}
    for name, (settings, chosen) in CONFIGURATIONS.items():
        names = list(chosen or pictures)
        values = {picture: tensor(processed(pictures[picture], settings)) for picture in names}
        write_tensors(folder / f"{name}.safetensors", values)
        full = LlavaImageProcessorPil(**settings).to_dict()
        described[name] = {"file": f"{name}.safetensors", "preprocessor_config": full, "pictures": names}
    return described


def describe(path: Path, image: Image.Image) -> dict:
    with Image.open(path) as raw:
        return {
            "file": f"pictures/{path.name}",
            "pil_mode": raw.mode,
            "stored_size": list(raw.size),
            "orientation": raw.getexif().get(0x0112, 1),
            "size": list(image.size),
            "lossless": path.suffix == ".png",  # JPEG decoders may differ by a level or two
        }


def main() -> None:
    folder = empty_folder("images")
    names = write_pictures(folder / "pictures")
    pictures = {name: open_rgb(folder / "pictures" / name) for name in names}
    write_decoded(folder, pictures)
    write_resized(folder, pictures)
    configurations = write_processed(folder, pictures)
    write_json(
        folder / "golden.json",
        {
            "made_with": {"transformers": transformers.__version__, "pillow": PIL.__version__},
            "processor": "CLIPImageProcessorPil",
            "pictures": {name: describe(folder / "pictures" / name, image) for name, image in pictures.items()},
            "resizes": {name: [list(size) for size in sizes] for name, sizes in RESIZES.items()},
            "configurations": configurations,
        },
    )
    for path in sorted(folder.iterdir()):
        files = [path] if path.is_file() else list(path.iterdir())
        print(f"images/{path.name}: {sum(file.stat().st_size for file in files) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
