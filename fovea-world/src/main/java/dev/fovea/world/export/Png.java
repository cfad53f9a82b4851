package dev.fovea.world.export;

import dev.fovea.world.Picture;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.Adler32;
import java.util.zip.CRC32;

/** Encodes pictures as PNG (8-bit RGB), the same bytes for the same pixels on every machine. */
public final class Png {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int PIXEL = 3;

    private Png() {}

    /** The bytes of a PNG file that shows the picture. */
    public static byte[] encode(Picture picture) {
        ByteBuffer header = ByteBuffer.allocate(13)
                .putInt(picture.width())
                .putInt(picture.height())
                .put(new byte[] {8, 2, 0, 0, 0});
        byte[] data = zlib(filtered(picture));
        ByteBuffer file = ByteBuffer.allocate(SIGNATURE.length + 3 * 12 + header.capacity() + data.length);
        file.put(SIGNATURE);
        chunk(file, "IHDR", header.array());
        chunk(file, "IDAT", data);
        chunk(file, "IEND", new byte[0]);
        return file.array();
    }

    private static void chunk(ByteBuffer file, String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        file.putInt(data.length).put(name).put(data).putInt((int) crc.getValue());
    }

    private static byte[] zlib(byte[] plain) {
        byte[] deflated = Deflate.compress(plain);
        Adler32 sum = new Adler32();
        sum.update(plain);
        return ByteBuffer.allocate(deflated.length + 6)
                .put((byte) 0x78)
                .put((byte) 0x01)
                .put(deflated)
                .putInt((int) sum.getValue())
                .array();
    }

    /** Each row under the filter, "sub" or "up", that leaves the smaller sum of differences. */
    private static byte[] filtered(Picture picture) {
        int stride = PIXEL * picture.width();
        byte[] rgb = picture.rgb();
        byte[] result = new byte[(stride + 1) * picture.height()];
        byte[] sub = new byte[stride];
        byte[] up = new byte[stride];
        for (int row = 0; row < picture.height(); row++) {
            int start = row * stride;
            long subSum = 0;
            long upSum = 0;
            for (int i = 0; i < stride; i++) {
                int here = rgb[start + i];
                sub[i] = (byte) (i < PIXEL ? here : here - rgb[start + i - PIXEL]);
                up[i] = (byte) (row == 0 ? here : here - rgb[start + i - stride]);
                subSum += Math.abs(sub[i]);
                upSum += Math.abs(up[i]);
            }
            int at = row * (stride + 1);
            result[at] = (byte) (subSum < upSum ? 1 : 2);
            System.arraycopy(subSum < upSum ? sub : up, 0, result, at + 1, stride);
        }
        return result;
    }
}
