package dev.fovea.world.export;

import java.util.Arrays;

/**
 * A small compressor for the DEFLATE format (RFC 1951): greedy matches over hash chains and the fixed codes. Written
 * here because the compressor of the Java runtime is whatever zlib the machine has, and different ones give different
 * bytes.
 */
final class Deflate {
    private static final int WINDOW = 32768;
    private static final int LONGEST = 258;
    private static final int SHORTEST = 3;
    private static final int CHAIN = 24;
    private static final int HASH_BITS = 15;

    /** Least length and number of extra bits of the length codes 257 to 285. */
    private static final int[] LENGTHS = new int[29];

    private static final int[] LENGTH_BITS = new int[29];
    /** Least distance and number of extra bits of the distance codes 0 to 29. */
    private static final int[] DISTANCES = new int[30];

    private static final int[] DISTANCE_BITS = new int[30];

    static {
        int length = SHORTEST;
        for (int code = 0; code < 28; code++) {
            LENGTH_BITS[code] = code < 8 ? 0 : code / 4 - 1;
            LENGTHS[code] = length;
            length += 1 << LENGTH_BITS[code];
        }
        LENGTHS[28] = LONGEST;
        int distance = 1;
        for (int code = 0; code < 30; code++) {
            DISTANCE_BITS[code] = code < 4 ? 0 : code / 2 - 1;
            DISTANCES[code] = distance;
            distance += 1 << DISTANCE_BITS[code];
        }
    }

    private final byte[] input;
    private final int[] newest = new int[1 << HASH_BITS];
    private final int[] older;
    private byte[] output;
    private int length;
    private long bits;
    private int bitCount;

    private Deflate(byte[] input) {
        this.input = input;
        older = new int[input.length];
        output = new byte[input.length / 4 + 64];
        Arrays.fill(newest, -1);
    }

    /** The compressed bytes, one final block. */
    static byte[] compress(byte[] input) {
        Deflate deflate = new Deflate(input);
        deflate.put(0b011, 3);
        deflate.run();
        deflate.symbol(256);
        deflate.put(0, 7);
        return Arrays.copyOf(deflate.output, deflate.length);
    }

    private void run() {
        int at = 0;
        while (at < input.length) {
            int bestLength = 0;
            int bestDistance = 0;
            int candidate = at + SHORTEST <= input.length ? newest[hash(at)] : -1;
            for (int tries = 0; candidate >= 0 && at - candidate <= WINDOW && tries < CHAIN; tries++) {
                int common = common(candidate, at);
                if (common > bestLength) {
                    bestLength = common;
                    bestDistance = at - candidate;
                }
                candidate = older[candidate];
            }
            if (bestLength >= SHORTEST) {
                match(bestLength, bestDistance);
            } else {
                bestLength = 1;
                symbol(input[at] & 255);
            }
            for (int end = at + bestLength; at < end; at++) {
                remember(at);
            }
        }
    }

    private int hash(int at) {
        int key = (input[at] & 255) << 16 | (input[at + 1] & 255) << 8 | (input[at + 2] & 255);
        return (key * 0x9E3779B1) >>> (32 - HASH_BITS);
    }

    private void remember(int at) {
        if (at + SHORTEST <= input.length) {
            int hash = hash(at);
            older[at] = newest[hash];
            newest[hash] = at;
        }
    }

    private int common(int from, int at) {
        int most = Math.min(LONGEST, input.length - at);
        int mismatch = Arrays.mismatch(input, from, from + most, input, at, at + most);
        return mismatch < 0 ? most : mismatch;
    }

    private void match(int matched, int distance) {
        int code = last(LENGTHS, matched);
        symbol(257 + code);
        put(matched - LENGTHS[code], LENGTH_BITS[code]);
        int far = last(DISTANCES, distance);
        put(Integer.reverse(far) >>> 27, 5);
        put(distance - DISTANCES[far], DISTANCE_BITS[far]);
    }

    /** The last code whose least value does not exceed {@code value}. */
    private static int last(int[] least, int value) {
        int found = Arrays.binarySearch(least, value);
        return found >= 0 ? found : -found - 2;
    }

    /** A literal, length or end symbol in the fixed code of RFC 1951, section 3.2.6. */
    private void symbol(int symbol) {
        if (symbol < 144) {
            code(0x30 + symbol, 8);
        } else if (symbol < 256) {
            code(0x190 + symbol - 144, 9);
        } else if (symbol < 280) {
            code(symbol - 256, 7);
        } else {
            code(0xC0 + symbol - 280, 8);
        }
    }

    private void code(int code, int width) {
        put(Integer.reverse(code) >>> (32 - width), width);
    }

    private void put(int value, int width) {
        bits |= (long) value << bitCount;
        bitCount += width;
        while (bitCount >= 8) {
            if (length == output.length) {
                output = Arrays.copyOf(output, 2 * length);
            }
            output[length++] = (byte) bits;
            bits >>>= 8;
            bitCount -= 8;
        }
    }
}
