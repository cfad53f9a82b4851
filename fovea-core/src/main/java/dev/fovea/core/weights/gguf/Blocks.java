package dev.fovea.core.weights.gguf;

/**
 * Blocks of 32 weights under one scale d (half precision, in front) and, in some, a minimum m behind it. Where a weight
 * takes four bits, the low halves of 16 bytes hold the first 16 weights and the high halves the other 16; a fifth bit
 * lies in a word of its own.
 */
final class Blocks {
    private static final int HALF_BLOCK = 16;

    /** What the 16 codes of {@code IQ4_NL} stand for. */
    private static final byte[] LEVELS = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    private Blocks() {}

    /** d, 16 bytes: d (q - 8). */
    static void q4_0(BlockBytes block, float[] out, int at) {
        float d = block.half(0);
        for (int i = 0; i < HALF_BLOCK; i++) {
            int both = block.unsigned(2 + i);
            out[at + i] = d * ((both & 15) - 8);
            out[at + HALF_BLOCK + i] = d * ((both >> 4) - 8);
        }
    }

    /** d, m, 16 bytes: d q + m. */
    static void q4_1(BlockBytes block, float[] out, int at) {
        float d = block.half(0);
        float m = block.half(2);
        for (int i = 0; i < HALF_BLOCK; i++) {
            int both = block.unsigned(4 + i);
            out[at + i] = d * (both & 15) + m;
            out[at + HALF_BLOCK + i] = d * (both >> 4) + m;
        }
    }

    /** d, the fifth bits, 16 bytes: d (q - 16). */
    static void q5_0(BlockBytes block, float[] out, int at) {
        float d = block.half(0);
        int fifth = block.word(2);
        for (int i = 0; i < HALF_BLOCK; i++) {
            int both = block.unsigned(6 + i);
            out[at + i] = d * (((both & 15) | (bit(fifth, i) << 4)) - 16);
            out[at + HALF_BLOCK + i] = d * (((both >> 4) | (bit(fifth, HALF_BLOCK + i) << 4)) - 16);
        }
    }

    /** d, m, the fifth bits, 16 bytes: d q + m. */
    static void q5_1(BlockBytes block, float[] out, int at) {
        float d = block.half(0);
        float m = block.half(2);
        int fifth = block.word(4);
        for (int i = 0; i < HALF_BLOCK; i++) {
            int both = block.unsigned(8 + i);
            out[at + i] = d * ((both & 15) | (bit(fifth, i) << 4)) + m;
            out[at + HALF_BLOCK + i] = d * ((both >> 4) | (bit(fifth, HALF_BLOCK + i) << 4)) + m;
        }
    }

    /** d, 32 bytes with a sign: d q. */
    static void q8_0(BlockBytes block, float[] out, int at) {
        float d = block.half(0);
        for (int i = 0; i < 2 * HALF_BLOCK; i++) {
            out[at + i] = block.signed(2 + i) * d;
        }
    }

    /** d, 16 bytes of codes: d times the level of the code. */
    static void iq4Nl(BlockBytes block, float[] out, int at) {
        float d = block.half(0);
        for (int i = 0; i < HALF_BLOCK; i++) {
            int both = block.unsigned(2 + i);
            out[at + i] = d * LEVELS[both & 15];
            out[at + HALF_BLOCK + i] = d * LEVELS[both >> 4];
        }
    }

    private static int bit(int word, int at) {
        return (word >>> at) & 1;
    }
}
