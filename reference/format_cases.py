"""Pictures of every format people have, and what Pillow decodes them to.

The right value of a file is `ImageOps.exif_transpose(Image.open(file)).convert("RGB")`, written losslessly as PNG. The
files are made by Pillow where it writes the kind, and by hand from the format's specification where it does not. The
pictures of `cases/` are small files that once failed; they are kept as they came and only decoded here.
"""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL
import pillow_heif
from PIL import Image, ImageCms, ImageOps

from common import GOLDEN, formula_image, write_json

FOLDER = GOLDEN / "formats"
SIZE = (37, 23)
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" {}</rdf:RDF></x:xmpmeta>'
)


def xmp(orientation: int, as_element: bool = False) -> bytes:
    if as_element:
        return XMP.format(f"><tiff:Orientation>{orientation}</tiff:Orientation></rdf:Description>").encode()
    return XMP.format(f'tiff:Orientation="{orientation}"/>').encode()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def alpha(width: int, height: int) -> Image.Image:
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(((x * 5 + y * 3) % 256).astype(np.uint8))


def with_alpha(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(alpha(*image.size))
    return image


def icc() -> bytes:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes(12)  # the time it was made
    return bytes(profile)


# ---------------------------------------------------------------------------------------------------------------- WebP


def riff_chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def u24(value: int) -> bytes:
    return struct.pack("<I", value)[:3]


def webp(image: Image.Image, **options) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", **options)
    return out.getvalue()


def picture_chunks(file: bytes) -> bytes:
    """The chunks ALPH, VP8 and VP8L of a still WebP."""
    kept, at = b"", 12
    while at + 8 <= len(file):
        size = struct.unpack_from("<I", file, at + 4)[0]
        if file[at : at + 4] in (b"ALPH", b"VP8 ", b"VP8L"):
            kept += riff_chunk(file[at : at + 4], file[at + 8 : at + 8 + size])
        at += 8 + size + (size & 1)
    return kept


def animated_webp(canvas: tuple[int, int], frames: list[tuple[int, int, Image.Image, dict]], has_alpha: bool) -> bytes:
    """Frames `(x, y, image, options)` on a canvas; offsets are even, as the format stores half of them."""
    width, height = canvas
    body = riff_chunk(b"VP8X", bytes([0x02 | (0x10 if has_alpha else 0), 0, 0, 0]) + u24(width - 1) + u24(height - 1))
    body += riff_chunk(b"ANIM", struct.pack("<IH", 0xFF8040C0, 0))
    for x, y, image, options in frames:
        place = u24(x // 2) + u24(y // 2) + u24(image.width - 1) + u24(image.height - 1) + u24(80) + b"\0"
        body += riff_chunk(b"ANMF", place + picture_chunks(webp(image, **options)))
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def webp_cases() -> dict[str, bytes]:
    rgb = formula_image(*SIZE)
    rgba = with_alpha(rgb)
    small = formula_image(20, 11, phase=2)
    return {
        "lossy-60.webp": webp(rgb, quality=60),
        "lossy-95.webp": webp(rgb, quality=95, method=6),
        "lossy-large.webp": webp(formula_image(333, 177), quality=40),
        "lossy-1x1.webp": webp(formula_image(1, 1), quality=80),
        "lossy-2x17.webp": webp(formula_image(2, 17), quality=80),
        "lossless.webp": webp(rgb, lossless=True),
        "lossless-alpha.webp": webp(rgba, lossless=True, exact=True),
        "lossless-alpha-cleared.webp": webp(rgba, lossless=True),
        "lossy-alpha.webp": webp(rgba, quality=70, alpha_quality=60),
        "lossless-palette.webp": webp(rgb.quantize(5).convert("RGB"), lossless=True),
        "icc.webp": webp(rgb, quality=70, icc_profile=icc()),
        "exif-5.webp": webp(rgb, quality=70, exif=exif(5)),
        "xmp-8.webp": webp(rgb, lossless=True, xmp=xmp(8)),
        "exif-1-xmp-6.webp": webp(rgb, lossless=True, exif=exif(1), xmp=xmp(6)),
        "animated-offset.webp": animated_webp(
            SIZE, [(4, 6, small, {"lossless": True}), (0, 0, small, {"lossless": True})], has_alpha=False
        ),
        "animated-offset-lossy.webp": animated_webp(
            SIZE, [(16, 2, with_alpha(small), {"quality": 50}), (0, 0, small, {"quality": 50})], has_alpha=True
        ),
        "animated-full.webp": webp(rgb, save_all=True, append_images=[formula_image(*SIZE, phase=1)], quality=80),
    }


# ---------------------------------------------------------------------------------------------------------- AVIF, HEIC


def avif(image: Image.Image, **options) -> bytes:
    return saved(image, "AVIF", **options)


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def full_box(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def coded(file: bytes) -> tuple[bytes, bytes]:
    """The codec's configuration box and the coded picture of an AVIF with one item."""
    at = file.index(b"av1C") - 4
    start = file.index(b"mdat") + 4
    return file[at : at + struct.unpack_from(">I", file, at)[0]], file[start:]


def tiled_avif(image: Image.Image, side: int, turn: bytes = b"") -> bytes:
    """The picture in tiles of `side` pixels, put together by a grid item, as phones store theirs."""
    width, height = image.size
    columns, rows = -(-width // side), -(-height // side)
    padded = image.crop((0, 0, columns * side, rows * side))
    tiles = [padded.crop((x * side, y * side, (x + 1) * side, (y + 1) * side)) for y in range(rows) for x in range(columns)]
    parts = [coded(avif(tile, quality=80)) for tile in tiles]
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    data = [grid] + [part for _, part in parts]
    items = range(1, len(data) + 1)
    infos = b"".join(full_box(b"infe", 2, int(i > 1), struct.pack(">HH", i, 0), b"grid" if i == 1 else b"av01", b"\0") for i in items)
    properties = [
        full_box(b"ispe", 0, 0, struct.pack(">II", width, height)),
        full_box(b"ispe", 0, 0, struct.pack(">II", side, side)),
        parts[0][0],
        full_box(b"pixi", 0, 0, bytes([3, 8, 8, 8])),
        box(b"colr", b"nclx", struct.pack(">HHHB", 1, 13, 6, 0x80)),
    ]
    own = [1, 4, 5] + ([6] if turn else [])
    uses = struct.pack(">HB", 1, len(own)) + bytes(0x80 | i if i == 6 else i for i in own)
    uses += b"".join(struct.pack(">HB", i, 4) + bytes([2, 0x83, 4, 5]) for i in items[1:])

    def meta(start: int) -> bytes:
        places, at = b"", start
        for i, part in zip(items, data):
            places += struct.pack(">HHHII", i, 0, 1, at, len(part))
            at += len(part)
        return full_box(
            b"meta",
            0,
            0,
            full_box(b"hdlr", 0, 0, b"\0\0\0\0pict", b"\0" * 13),
            full_box(b"pitm", 0, 0, struct.pack(">H", 1)),
            full_box(b"iloc", 0, 0, b"\x44\0", struct.pack(">H", len(data)), places),
            full_box(b"iinf", 0, 0, struct.pack(">H", len(data)), infos),
            full_box(b"iref", 0, 0, box(b"dimg", struct.pack(f">HH{len(parts)}H", 1, len(parts), *items[1:]))),
            box(b"iprp", box(b"ipco", *properties, turn), full_box(b"ipma", 0, 0, struct.pack(">I", len(data)), uses)),
        )

    head = box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", *data)


def avif_cases() -> dict[str, bytes]:
    rgb = formula_image(*SIZE)
    large = formula_image(122, 100)
    return {
        "420.avif": avif(rgb, quality=80),
        "420-limited.avif": avif(large, quality=70, range="limited"),
        "422.avif": avif(rgb, quality=90, subsampling="4:2:2"),
        "444.avif": avif(rgb, quality=90, subsampling="4:4:4"),
        "grey.avif": avif(rgb.convert("L"), quality=80),
        "alpha.avif": avif(with_alpha(rgb), quality=80),
        "exif-6.avif": avif(rgb, quality=80, exif=exif(6)),
        "exif-7.avif": avif(rgb, quality=80, exif=exif(7)),
        "animated.avif": avif(rgb, quality=80, save_all=True, append_images=[formula_image(*SIZE, phase=1)]),
        "tiles.avif": tiled_avif(large, 64),
        "tiles-turned.avif": tiled_avif(large, 64, box(b"irot", b"\3")),
    }


def write_heic(folder: Path) -> None:
    """HEIC, which Pillow does not read: files and values by pillow-heif, over x265 and libheif."""
    width, height = 122, 78
    y, x = np.mgrid[:height, :width]
    smooth = Image.fromarray(np.stack([x * 2, y * 3, x + y], 2).astype(np.uint8))
    pillow_heif.register_heif_opener()
    folder.mkdir(parents=True, exist_ok=True)
    smooth.crop((0, 0, 121, 77)).save(folder / "420-cropped.heic", quality=85)
    smooth.save(folder / "420-turned.heic", quality=85, exif=exif(6))
    smooth.convert("L").save(folder / "grey.heic", quality=85)
    formula_image(width, height).save(folder / "444.heic", quality=90, chroma=444)
    for path in sorted(folder.glob("*.heic")):
        right_value(path).save(path.with_suffix(".png"), optimize=True)


# ---------------------------------------------------------------------------------------------------------------- TIFF


def packbits(data: bytes) -> bytes:
    """Runs where there are any, literals elsewhere."""
    out, at = b"", 0
    while at < len(data):
        run = 1
        while at + run < len(data) and run < 128 and data[at + run] == data[at]:
            run += 1
        if run > 1:
            out += bytes([257 - run, data[at]])
            at += run
            continue
        end = at + 1
        while end < len(data) and end - at < 128 and not (end + 1 < len(data) and data[end] == data[end + 1]):
            end += 1
        out += bytes([end - at - 1]) + data[at:end]
        at = end
    return out


PACK = {1: lambda b: b, 8: lambda b: zlib.compress(b, 9), 32946: lambda b: zlib.compress(b, 9), 32773: packbits}


class Tiff:
    """One page, or several, written from arrays of samples as the TIFF 6.0 specification lays them out."""

    def __init__(self, order: str = "<", big: bool = False):
        self.order, self.big = order, big
        self.data = bytearray(b"II" if order == "<" else b"MM")
        self.data += struct.pack(order + "HHHQ", 43, 8, 0, 0) if big else struct.pack(order + "HI", 42, 0)
        self.link = len(self.data) - (8 if big else 4)

    def _put(self, data: bytes) -> int:
        self.data += b"\0" * (len(self.data) & 1)
        at = len(self.data)
        self.data += data
        return at

    def page(
        self,
        samples: np.ndarray,
        photometric: int,
        *,
        bits: int = 8,
        compression: int = 1,
        predictor: int = 1,
        tile: tuple[int, int] | None = None,
        rows: int | None = None,
        planar: bool = False,
        tags: dict[int, tuple[int, list[int]]] | None = None,
        blocks: list[bytes] | None = None,
    ) -> "Tiff":
        """`samples` is [height, width, bands]; `tags` are further ones, number to (type, values)."""
        height, width, bands = samples.shape
        planes = [samples[:, :, i : i + 1] for i in range(bands)] if planar else [samples]
        if blocks is None:
            blocks = [
                PACK[compression](self._pack(self._predict(block, predictor), bits))
                for plane in planes
                for block in self._blocks(plane, tile, rows or height)
            ]
        offsets = [self._put(block) for block in blocks]
        fields = {
            256: (4, [width]),
            257: (4, [height]),
            258: (3, [bits] * bands),
            259: (3, [compression]),
            262: (3, [photometric]),
            277: (3, [bands]),
            284: (3, [2 if planar else 1]),
        }
        if tile:
            fields |= {322: (3, [tile[0]]), 323: (3, [tile[1]])}
        else:
            fields[278] = (4, [rows or height])
        fields |= {324 if tile else 273: (4, offsets), 325 if tile else 279: (4, [len(block) for block in blocks])}
        if predictor != 1:
            fields[317] = (3, [predictor])
        self._directory(fields | (tags or {}))
        return self

    @staticmethod
    def _blocks(plane: np.ndarray, tile: tuple[int, int] | None, rows: int):
        height, width, _ = plane.shape
        if tile is None:
            yield from (plane[y : y + rows] for y in range(0, height, rows))
            return
        across, down = tile
        padded = np.pad(plane, ((0, -height % down), (0, -width % across), (0, 0)))
        for y in range(0, height, down):
            yield from (padded[y : y + down, x : x + across] for x in range(0, width, across))

    @staticmethod
    def _predict(block: np.ndarray, predictor: int) -> np.ndarray:
        if predictor != 2:
            return block
        out = block.copy()
        out[:, 1:] = block[:, 1:] - block[:, :-1]
        return out

    def _pack(self, block: np.ndarray, bits: int) -> bytes:
        if bits >= 8:
            return block.astype(block.dtype.newbyteorder(self.order)).tobytes()
        out = b""
        for row in block.reshape(block.shape[0], -1):
            expanded = np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - bits :]
            out += np.packbits(expanded.reshape(-1)).tobytes()
        return out

    def _directory(self, fields: dict[int, tuple[int, list[int]]]) -> None:
        code = {1: "B", 3: "H", 4: "I", 5: "I", 7: "B", 8: "h", 9: "i"}
        entries = b""
        for tag in sorted(fields):
            kind, values = fields[tag]
            data = struct.pack(self.order + str(len(values)) + code[kind], *values)
            count = len(values) // 2 if kind == 5 else len(values)
            room = 8 if self.big else 4
            if len(data) > room:
                data = struct.pack(self.order + ("Q" if self.big else "I"), self._put(data))
            entries += struct.pack(self.order + ("HHQ" if self.big else "HHI"), tag, kind, count) + data.ljust(room, b"\0")
        head = struct.pack(self.order + ("Q" if self.big else "H"), len(fields))
        at = self._put(head + entries + b"\0" * (8 if self.big else 4))
        struct.pack_into(self.order + ("Q" if self.big else "I"), self.data, self.link, at)
        self.link = len(self.data) - (8 if self.big else 4)

    def bytes(self) -> bytes:
        return bytes(self.data)


def samples(image: Image.Image) -> np.ndarray:
    array = np.asarray(image)
    return array if array.ndim == 3 else array[:, :, None]


def wide(array: np.ndarray) -> np.ndarray:
    """8-bit samples spread over 16 bits with low bytes of their own, so that rounding and shifting differ."""
    high = array.astype(np.uint16)
    return (high << 8) | ((high * 7 + 131) & 0xFF)


def premultiplied(rgba: np.ndarray) -> np.ndarray:
    out = rgba.copy()
    out[:, :, :3] = (rgba[:, :, :3].astype(int) * rgba[:, :, 3:] + 127) // 255
    return out


def ycbcr_blocks(ycc: np.ndarray, across: int, down: int, rows: int) -> list[bytes]:
    """Strips of data units: `across × down` luma samples, then one Cb and one Cr."""
    height, width, _ = ycc.shape
    padded = np.pad(ycc, ((0, -height % down), (0, -width % across), (0, 0)), mode="edge")
    strips = []
    for top in range(0, height, rows):
        out = b""
        for y in range(top, min(top + rows, height), down):
            for x in range(0, width, across):
                unit = padded[y : y + down, x : x + across]
                out += unit[:, :, 0].tobytes()
                out += bytes([int(unit[:, :, 1].mean()), int(unit[:, :, 2].mean())])
        strips.append(out)
    return strips


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def tiff_cases() -> dict[str, bytes]:
    rgb = formula_image(*SIZE)
    colour = samples(rgb)
    grey = samples(rgb.convert("L"))
    rgba = samples(with_alpha(rgb))
    cmyk = samples(rgb.convert("CMYK")).copy()
    cmyk[:, :, 3] = grey[:, :, 0] // 3
    lab = samples(rgb).copy()
    lab[:, :, 1:] = (lab[:, :, 1:].astype(int) // 4 - 32).astype(np.int8).view(np.uint8)
    ycc = samples(rgb.convert("YCbCr"))
    real = (grey.astype(np.float32) * 1.17 - 20).astype(np.float32)
    palette = samples(rgb.quantize(16))
    colours = [(i * 4001 + c * 9000) % 65536 for c in range(3) for i in range(16)]
    bilevel = (grey > 120).astype(np.uint8)
    subsampling = {530: (3, [2, 2])}
    return {
        "rgb.tif": Tiff().page(colour, 2).bytes(),
        "rgb-big-endian.tif": Tiff(">").page(colour, 2, rows=5).bytes(),
        "rgb-bigtiff.tif": Tiff(big=True).page(colour, 2, rows=7).bytes(),
        "rgb-strips-deflate.tif": Tiff().page(colour, 2, rows=4, compression=8).bytes(),
        "rgb-predictor.tif": Tiff().page(colour, 2, rows=6, compression=8, predictor=2).bytes(),
        "rgb-packbits.tif": Tiff().page(colour, 2, rows=6, compression=32773).bytes(),
        "rgb-lzw.tif": saved(rgb, "TIFF", compression="tiff_lzw"),
        "rgb-jpeg.tif": saved(rgb, "TIFF", compression="jpeg", quality=85),
        "ycbcr-jpeg.tif": saved(rgb.convert("YCbCr"), "TIFF", compression="jpeg", quality=85),
        "grey-jpeg.tif": saved(rgb.convert("L"), "TIFF", compression="jpeg", quality=85),
        "rgb-tiled.tif": Tiff().page(colour, 2, tile=(16, 16)).bytes(),
        "rgb-tiled-deflate.tif": Tiff(">").page(colour, 2, tile=(32, 16), compression=8).bytes(),
        "rgb-planar.tif": Tiff().page(colour, 2, rows=8, planar=True).bytes(),
        "rgb-planar-tiled-deflate.tif": Tiff().page(colour, 2, tile=(16, 16), compression=8, planar=True).bytes(),
        "rgb-planar-predictor.tif": Tiff().page(colour, 2, rows=8, planar=True, compression=8, predictor=2).bytes(),
        "rgb-16.tif": Tiff().page(wide(colour), 2, bits=16).bytes(),
        "rgb-16-big-endian-deflate.tif": Tiff(">").page(wide(colour), 2, bits=16, compression=8, rows=9).bytes(),
        "rgb-16-predictor.tif": Tiff().page(wide(colour), 2, bits=16, compression=8, predictor=2).bytes(),
        "rgba-straight.tif": Tiff().page(rgba, 2, tags={338: (3, [2])}).bytes(),
        "rgba-unsaid.tif": Tiff().page(rgba, 2, tags={338: (3, [0])}).bytes(),
        "rgba-premultiplied.tif": Tiff().page(premultiplied(rgba), 2, tags={338: (3, [1])}).bytes(),
        "rgba-premultiplied-deflate.tif": Tiff()
        .page(premultiplied(rgba), 2, compression=8, tags={338: (3, [1])})
        .bytes(),
        "rgba-16-premultiplied.tif": Tiff().page(wide(premultiplied(rgba)), 2, bits=16, tags={338: (3, [1])}).bytes(),
        "grey.tif": Tiff().page(grey, 1).bytes(),
        "grey-white-is-zero.tif": Tiff().page(grey, 0).bytes(),
        "grey-white-is-zero-deflate.tif": Tiff().page(grey, 0, compression=8).bytes(),
        "grey-4.tif": Tiff().page(grey >> 4, 1, bits=4).bytes(),
        "grey-2-white-is-zero.tif": Tiff().page(grey >> 6, 0, bits=2).bytes(),
        "grey-alpha.tif": Tiff().page(np.dstack([grey, rgba[:, :, 3:]]), 1, tags={338: (3, [2])}).bytes(),
        "bilevel.tif": Tiff().page(bilevel, 1, bits=1).bytes(),
        "bilevel-white-is-zero-packbits.tif": Tiff().page(bilevel, 0, bits=1, compression=32773).bytes(),
        "bilevel-g3.tif": saved(rgb.convert("1"), "TIFF", compression="group3"),
        "bilevel-g4.tif": saved(rgb.convert("1"), "TIFF", compression="group4"),
        "palette-4.tif": Tiff().page(palette, 3, bits=4, tags={320: (3, colours)}).bytes(),
        "palette-8.tif": Tiff().page(palette, 3, tags={320: (3, [(v * 13) % 65536 for v in range(768)])}).bytes(),
        "grey-16.tif": Tiff().page(wide(grey), 1, bits=16).bytes(),
        "grey-16-low.tif": Tiff().page(grey.astype(np.uint16) * 2, 1, bits=16).bytes(),
        "grey-16-big-endian.tif": Tiff(">").page(wide(grey), 1, bits=16).bytes(),
        "grey-16-signed.tif": Tiff()
        .page(grey.astype(np.int16) * 3 - 200, 1, bits=16, tags={339: (3, [2])})
        .bytes(),
        "grey-32.tif": Tiff().page(grey.astype(np.uint32) * 2, 1, bits=32).bytes(),
        "float.tif": Tiff().page(real, 1, bits=32, tags={339: (3, [3])}).bytes(),
        "float-deflate.tif": Tiff()
        .page(real, 1, bits=32, compression=8, rows=5, tags={339: (3, [3])})
        .bytes(),
        "float-zero-to-one.tif": Tiff().page(real / 300, 1, bits=32, tags={339: (3, [3])}).bytes(),
        "cmyk.tif": Tiff().page(cmyk, 5).bytes(),
        "cmyk-deflate-planar.tif": Tiff().page(cmyk, 5, compression=8, planar=True, rows=8).bytes(),
        "cmyk-lzw.tif": saved(rgb.convert("CMYK"), "TIFF", compression="tiff_lzw"),
        "cmyk-16.tif": Tiff().page(wide(cmyk), 5, bits=16).bytes(),
        "cmyk-alpha.tif": Tiff().page(np.dstack([cmyk, rgba[:, :, 3:]]), 5, tags={338: (3, [0])}).bytes(),
        "lab.tif": Tiff().page(lab, 8).bytes(),
        "lab-deflate.tif": Tiff().page(lab, 8, compression=8, rows=6).bytes(),
        "ycbcr-444-deflate.tif": Tiff().page(ycc, 6, compression=8, tags={530: (3, [1, 1])}).bytes(),
        "ycbcr-420-deflate.tif": Tiff()
        .page(ycc, 6, rows=8, compression=8, tags=subsampling, blocks=[PACK[8](b) for b in ycbcr_blocks(ycc, 2, 2, 8)])
        .bytes(),
        "ycbcr-422-deflate.tif": Tiff()
        .page(ycc, 6, rows=8, compression=8, tags={530: (3, [2, 1])}, blocks=[PACK[8](b) for b in ycbcr_blocks(ycc, 2, 1, 8)])
        .bytes(),
        "pages.tif": Tiff().page(colour, 2).page(colour[:9, :11], 2).page(grey, 1).bytes(),
        "orientation-6.tif": Tiff().page(colour, 2, tags={274: (3, [6])}).bytes(),
        "orientation-3-deflate.tif": Tiff().page(colour, 2, compression=8, tags={274: (3, [3])}).bytes(),
        "xmp-5.tif": Tiff().page(colour, 2, tags={700: (1, list(xmp(5)))}).bytes(),
    }


# ----------------------------------------------------------------------------------------------------------- PNG, JPEG


def png(samples_: np.ndarray, bits: int, colour_type: int, chunks: list[tuple[bytes, bytes]] = (), adam7: bool = False) -> bytes:
    """A PNG from samples `[height, width, bands]`; `chunks` stand before the pixels."""
    height, width, _ = samples_.shape
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    data = b""
    for x, y, dx, dy in passes if adam7 else [(0, 0, 1, 1)]:
        part = samples_[y::dy, x::dx]
        if part.size:
            rows = part.reshape(part.shape[0], -1)
            if bits < 8:
                packed = [
                    np.packbits(np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - bits :].reshape(-1)) for row in rows
                ]
            else:
                packed = [row.astype(">u2" if bits == 16 else np.uint8) for row in rows]
            data += b"".join(b"\0" + row.tobytes() for row in packed)
    out = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, int(adam7))
    for kind, body in [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(data, 9)), (b"IEND", b"")]:
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out


def raw_profile(kind: str, data: bytes) -> str:
    hexed = data.hex()
    lines = "\n".join(hexed[i : i + 72] for i in range(0, len(hexed), 72))
    return f"\n{kind}\n{len(data):8}\n{lines}\n"


def itxt(keyword: bytes, text: bytes, compressed: bool = False) -> tuple[bytes, bytes]:
    body = zlib.compress(text) if compressed else text
    return b"iTXt", keyword + b"\0" + bytes([int(compressed), 0]) + b"\0\0" + body


def png_cases() -> dict[str, bytes]:
    rgb = formula_image(*SIZE)
    colour = samples(rgb)
    grey = samples(rgb.convert("L"))
    rgba = samples(with_alpha(rgb))
    index = samples(rgb.quantize(4))
    plte = (b"PLTE", bytes((i * 37 + c * 91) % 256 for i in range(4) for c in range(3)))
    exif_text = raw_profile("exif", exif(6))
    ztxt = lambda key, text: (b"zTXt", key + b"\0\0" + zlib.compress(text.encode("latin-1")))  # noqa: E731
    return {
        "grey-1.png": png(grey >> 7, 1, 0),
        "grey-2.png": png(grey >> 6, 2, 0),
        "grey-4-adam7.png": png(grey >> 4, 4, 0, adam7=True),
        "grey-8-transparent.png": png(grey, 8, 0, [(b"tRNS", struct.pack(">H", 76))]),
        "grey-alpha.png": png(np.dstack([grey, rgba[:, :, 3:]]), 8, 4),
        "grey-alpha-16.png": png(wide(np.dstack([grey, rgba[:, :, 3:]])), 16, 4),
        "rgb-16-adam7.png": png(wide(colour), 16, 2, adam7=True),
        "rgba-16.png": png(wide(rgba), 16, 6),
        "rgb-adam7.png": png(colour, 8, 2, adam7=True),
        "rgb-gamma.png": png(colour, 8, 2, [(b"gAMA", struct.pack(">I", 100000)), (b"sRGB", b"\0")]),
        "rgb-transparent.png": png(colour, 8, 2, [(b"tRNS", struct.pack(">HHH", 1, 2, 3))]),
        "palette-2.png": png(index, 2, 3, [plte]),
        "palette-4-adam7-transparent.png": png(index, 4, 3, [plte, (b"tRNS", b"\0\x80")], adam7=True),
        "icc.png": saved(rgb, "PNG", icc_profile=icc()),
        "exif-7.png": saved(rgb, "PNG", exif=exif(7)),
        "xmp-6.png": png(colour, 8, 2, [itxt(b"XML:com.adobe.xmp", xmp(6))]),
        "xmp-compressed-8.png": png(colour, 8, 2, [itxt(b"XML:com.adobe.xmp", xmp(8, True), compressed=True)]),
        "raw-profile-exif.png": png(colour, 8, 2, [ztxt(b"Raw profile type exif", exif_text)]),
        "raw-profile-exif-plain.png": png(colour, 8, 2, [(b"tEXt", b"Raw profile type exif\0" + exif_text.encode())]),
        "raw-profile-app1.png": png(colour, 8, 2, [ztxt(b"Raw profile type APP1", raw_profile("app1", exif(6)))]),
        "raw-profile-xmp.png": png(colour, 8, 2, [ztxt(b"Raw profile type xmp", raw_profile("xmp", xmp(6)))]),
        "exif-1-xmp-6.png": png(colour, 8, 2, [(b"eXIf", exif(1)[6:]), itxt(b"XML:com.adobe.xmp", xmp(6))]),
    }


def jpeg_cases() -> dict[str, bytes]:
    rgb = formula_image(*SIZE)
    xmp_element = saved(rgb, "JPEG", quality=85, xmp=xmp(8, True))
    return {
        "xmp-6.jpg": saved(rgb, "JPEG", quality=85, xmp=xmp(6)),
        "xmp-element-8.jpg": xmp_element,
        "exif-3-xmp-6.jpg": saved(rgb, "JPEG", quality=85, exif=exif(3), xmp=xmp(6)),
        "exif-0-xmp-6.jpg": saved(rgb, "JPEG", quality=85, exif=exif(0), xmp=xmp(6)),
        "exif-2.jpg": saved(rgb, "JPEG", quality=85, exif=exif(2)),
        "rgb-stored.jpg": saved(rgb, "JPEG", quality=85, keep_rgb=True),
        "restart.jpg": saved(rgb, "JPEG", quality=85, restart_marker_blocks=2),
        "subsampled-422.jpg": saved(rgb, "JPEG", quality=85, subsampling="4:2:2"),
        "icc-progressive.jpg": saved(rgb, "JPEG", quality=85, progressive=True, icc_profile=icc()),
        "large-420.jpg": saved(formula_image(333, 177), "JPEG", quality=60),
    }


# ------------------------------------------------------------------------------------------------------------ GIF, BMP


def gif(screen: tuple[int, int], at: tuple[int, int], index: np.ndarray, interlaced: bool = False, transparent: int = -1, local: bool = False) -> bytes:
    """One frame of at most 16 colours on a screen; codes are never longer than five bits, a clear between them."""
    height, width = index.shape
    colours = bytes((i * 47 + c * 101) % 256 for i in range(16) for c in range(3))
    table = 0x80 | 3
    out = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x70 if local else 0x70 | table, 5, 0)
    out += b"" if local else colours
    if transparent >= 0:
        out += b"\x21\xf9\x04" + struct.pack("<BHB", 1, 10, transparent) + b"\0"
    out += b"\x2c" + struct.pack("<HHHHB", *at, width, height, (0x40 if interlaced else 0) | (table if local else 0))
    out += colours[::-1] if local else b""
    order = [y for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(start, height, step)] if interlaced else range(height)
    bits = ""
    for i, value in enumerate(index[list(order)].reshape(-1)):
        if i % 8 == 0:
            bits = _append(bits, 16)
        bits = _append(bits, int(value))
    bits = _append(bits, 17)
    data = bytes(int(bits[i : i + 8].ljust(8, "0")[::-1], 2) for i in range(0, len(bits), 8))
    out += b"\x04" + b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return out + b"\0\x3b"


def _append(bits: str, code: int) -> str:
    """Five bits, the lowest first."""
    return bits + format(code, "05b")[::-1]


def gif_cases() -> dict[str, bytes]:
    rgb = formula_image(*SIZE)
    index = samples(rgb.quantize(16))[:, :, 0] % 16
    return {
        "plain.gif": saved(rgb.quantize(32), "GIF"),
        "grey.gif": saved(rgb.convert("L"), "GIF"),
        "transparent.gif": saved(rgb.quantize(16), "GIF", transparency=3),
        "interlaced.gif": gif(SIZE, (0, 0), index, interlaced=True),
        "offset.gif": gif((50, 40), (7, 9), index),
        "offset-transparent.gif": gif((50, 40), (7, 9), index, transparent=3),
        "offset-local.gif": gif((50, 40), (7, 9), index, local=True),
        "beyond-screen.gif": gif((20, 10), (0, 0), index),
        "animated.gif": saved(rgb, "GIF", save_all=True, append_images=[formula_image(*SIZE, phase=1)]),
    }


def bmp(width: int, height: int, bits: int, data: bytes, *, compression: int = 0, colours: bytes = b"", masks: bytes = b"", header: int = 40) -> bytes:
    """A BMP with the header of that many bytes: 12 (OS/2), 40, or longer ones that hold the masks."""
    if header == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 2835, 2835, len(colours) // 4, 0)
        head += masks.ljust(header - 40, b"\0") if header > 40 else masks
    start = 14 + len(head) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + colours + data


def rows_of(array: np.ndarray, bits: int) -> bytes:
    out = b""
    for row in array[::-1]:
        line = np.packbits(np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - bits :].reshape(-1)).tobytes()
        out += line + b"\0" * (-len(line) % 4)
    return out


def wide_rows(array: np.ndarray) -> bytes:
    return b"".join(row.tobytes() + b"\0" * (-len(row.tobytes()) % 4) for row in array[::-1])


def rle8(array: np.ndarray) -> bytes:
    out = b""
    for row in array[::-1]:
        for x in range(0, len(row), 5):
            part = row[x : x + 5]
            if (part == part[0]).all():
                out += bytes([len(part), part[0]])
            elif len(part) >= 3:
                out += bytes([0, len(part)]) + part.tobytes() + b"\0" * (len(part) & 1)
            else:
                out += b"".join(bytes([1, value]) for value in part)
        out += b"\0\0"
    return out + b"\0\1"


def rle4(array: np.ndarray) -> bytes:
    out = b""
    for row in array[::-1]:
        out += b"".join(bytes([1, value << 4]) for value in row) + b"\0\0"
    return out + b"\0\1"


def bmp_cases() -> dict[str, bytes]:
    rgb = formula_image(*SIZE)
    width, height = SIZE
    colour = samples(rgb).astype(np.uint16)
    index = samples(rgb.quantize(16))[:, :, 0]
    table = bytes(v for i in range(16) for v in ((i * 47) % 256, (i * 101 + 9) % 256, (i * 13) % 256, 0))
    small = bytes(v for i in range(16) for v in ((i * 47) % 256, (i * 101 + 9) % 256, (i * 13) % 256))
    red, green, blue = (colour[:, :, c] for c in range(3))
    x555 = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3)
    x565 = ((red >> 3) << 11) | ((green >> 2) << 5) | (blue >> 3)
    rgba = samples(with_alpha(rgb))
    bgra = np.ascontiguousarray(rgba[:, :, [2, 1, 0, 3]])
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    top_down = bmp(width, -height, 24, wide_rows(samples(rgb)[::-1, :, ::-1]))
    return {
        "bits-1.bmp": bmp(width, height, 1, rows_of(index & 1, 1), colours=table[:8]),
        "bits-4.bmp": bmp(width, height, 4, rows_of(index, 4), colours=table),
        "bits-8.bmp": bmp(width, height, 8, rows_of(index, 8), colours=table),
        "bits-8-os2.bmp": bmp(width, height, 8, rows_of(index, 8), colours=small.ljust(768, b"\0"), header=12),
        "grey.bmp": saved(rgb.convert("L"), "BMP"),
        "rle-8.bmp": bmp(width, height, 8, rle8(index), compression=1, colours=table),
        "rle-4.bmp": bmp(width, height, 4, rle4(index), compression=2, colours=table),
        "bits-16.bmp": bmp(width, height, 16, wide_rows(x555.astype("<u2"))),
        "bits-16-565.bmp": bmp(
            width, height, 16, wide_rows(x565.astype("<u2")), compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)
        ),
        "bits-24.bmp": saved(rgb, "BMP"),
        "bits-24-top-down.bmp": top_down,
        "bits-32.bmp": bmp(width, height, 32, wide_rows(bgra)),
        "bits-32-alpha.bmp": bmp(width, height, 32, wide_rows(bgra), compression=3, masks=masks, header=108),
    }


def right_value(path: Path) -> Image.Image:
    with Image.open(path) as raw:
        return ImageOps.exif_transpose(raw).convert("RGB")


def main() -> None:
    made = FOLDER / "pictures"
    right = FOLDER / "right"
    for folder in (made, right):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
    for cases in (webp_cases(), avif_cases(), tiff_cases(), png_cases(), jpeg_cases(), gif_cases(), bmp_cases()):
        for name, data in cases.items():
            (made / name).write_bytes(data)
    described = {}
    for path in sorted(made.iterdir()) + sorted((FOLDER / "cases").iterdir()):
        with Image.open(path) as raw:
            mode = raw.mode
        image = right_value(path)
        image.save(right / (path.name + ".png"), optimize=True)
        described[path.name] = {"file": f"{path.parent.name}/{path.name}", "pil_mode": mode, "size": list(image.size)}
    write_heic(FOLDER / "heic")
    write_json(FOLDER / "golden.json", {"made_with": {"pillow": PIL.__version__}, "pictures": described})
    size = sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file())
    print(f"formats: {len(described)} pictures, {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
