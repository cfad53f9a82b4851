package dev.fovea.core.weights.gguf;

/**
 * Blocks of 256 weights ("K quants"): 8 groups of 32 or 16 groups of 16 weights, each with a small scale (and a minimum)
 * of its own, in units of one scale of half precision for the whole block.
 */
final class SuperBlocks {
    private static final int WEIGHTS = 256;

    private SuperBlocks() {}

    /** 16 scales with minimum (4 + 4 bits), 64 bytes of four weights each, d, dmin: d s q - dmin m. */
    static void q2(BlockBytes block, float[] out, int at) {
        float d = block.half(80);
        float dmin = block.half(82);
        for (int i = 0; i < WEIGHTS; i++) {
            int scale = block.unsigned(i / 16);
            int q = bits(block, 16 + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 3);
            out[at + i] = d * (scale & 15) * q - dmin * (scale >> 4);
        }
    }

    /** 32 bytes of third bits, 64 bytes of low bits, 16 scales of 6 bits, d: d (s - 32) q, q less 4 where bit 3 is 0. */
    static void q3(BlockBytes block, float[] out, int at) {
        float d = block.half(108);
        float[] scales = new float[16];
        for (int g = 0; g < scales.length; g++) {
            int low = bits(block, 96 + g % 8, g / 8 * 4, 15);
            int high = bits(block, 104 + g % 4, g / 4 * 2, 3);
            scales[g] = d * ((low | (high << 4)) - 32);
        }
        for (int i = 0; i < WEIGHTS; i++) {
            int low = bits(block, 32 + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 3);
            int third = bits(block, i % 32, i / 32, 1);
            out[at + i] = scales[i / 16] * (low - (third == 1 ? 0 : 4));
        }
    }

    /** d, dmin, 8 scales and minima of 6 bits, 128 bytes of two weights each: d s q - dmin m. */
    static void q4(BlockBytes block, float[] out, int at) {
        float d = block.half(0);
        float dmin = block.half(2);
        for (int g = 0; g < 8; g++) {
            float scale = d * scale(block, g);
            float minimum = dmin * minimum(block, g);
            for (int i = 0; i < 32; i++) {
                int q = bits(block, 16 + g / 2 * 32 + i, g % 2 * 4, 15);
                out[at + g * 32 + i] = scale * q - minimum;
            }
        }
    }

    /** As {@link #q4} with 32 bytes of fifth bits before the weights. */
    static void q5(BlockBytes block, float[] out, int at) {
        float d = block.half(0);
        float dmin = block.half(2);
        for (int g = 0; g < 8; g++) {
            float scale = d * scale(block, g);
            float minimum = dmin * minimum(block, g);
            for (int i = 0; i < 32; i++) {
                int low = bits(block, 48 + g / 2 * 32 + i, g % 2 * 4, 15);
                int fifth = bits(block, 16 + i, g, 1);
                out[at + g * 32 + i] = scale * (low | (fifth << 4)) - minimum;
            }
        }
    }

    /** 128 bytes of low bits, 64 bytes of high bits, 16 scales with a sign, d: d s (q - 32). */
    static void q6(BlockBytes block, float[] out, int at) {
        float d = block.half(208);
        for (int i = 0; i < WEIGHTS; i++) {
            int half = i / 128;
            int inside = i % 128;
            int low = bits(block, half * 64 + inside % 64, inside / 64 * 4, 15);
            int high = bits(block, 128 + half * 32 + inside % 32, inside / 32 * 2, 3);
            out[at + i] = d * block.signed(192 + i / 16) * ((low | (high << 4)) - 32);
        }
    }

    /** Scales of 6 bits: four in the low bits of the first bytes, four spread over the last and the tops of the first. */
    private static int scale(BlockBytes block, int group) {
        return group < 4 ? bits(block, 4 + group, 0, 63) : bits(block, 8 + group, 0, 15) | bits(block, group, 2, 48);
    }

    private static int minimum(BlockBytes block, int group) {
        return group < 4
                ? bits(block, 8 + group, 0, 63)
                : bits(block, 8 + group, 4, 15) | bits(block, 4 + group, 2, 48);
    }

    /** Some bits of a byte. */
    private static int bits(BlockBytes block, int at, int shift, int mask) {
        return (block.unsigned(at) >> shift) & mask;
    }
}
