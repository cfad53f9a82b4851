package dev.fovea.server;

import java.time.Duration;

/**
 * What a request may ask for, and how long it may take.
 *
 * @param bodyBytes longest body
 * @param pixels most pixels (width times height) of a picture, read from its header
 * @param pictures most pictures of a request
 * @param tokens longest answer, in tokens
 * @param time until the answer is complete
 * @param bodyTime until the body has arrived
 */
public record Limits(int bodyBytes, long pixels, int pictures, int tokens, Duration time, Duration bodyTime) {
    public Limits {
        if (bodyBytes < 1 || pixels < 1 || pictures < 1 || tokens < 1 || !time.isPositive() || !bodyTime.isPositive()) {
            throw new IllegalArgumentException("Limits of a server must be above zero");
        }
    }

    /** 32 MiB, 24 megapixels, 16 pictures, 4,096 tokens, two minutes, of which half a minute for the body. */
    public static Limits defaults() {
        return new Limits(32 << 20, 24_000_000, 16, 4_096, Duration.ofMinutes(2), Duration.ofSeconds(30));
    }

    public Limits withBodyBytes(int most) {
        return new Limits(most, pixels, pictures, tokens, time, bodyTime);
    }

    public Limits withPixels(long most) {
        return new Limits(bodyBytes, most, pictures, tokens, time, bodyTime);
    }

    public Limits withPictures(int most) {
        return new Limits(bodyBytes, pixels, most, tokens, time, bodyTime);
    }

    public Limits withTokens(int most) {
        return new Limits(bodyBytes, pixels, pictures, most, time, bodyTime);
    }

    public Limits withTime(Duration most) {
        return new Limits(bodyBytes, pixels, pictures, tokens, most, bodyTime);
    }

    public Limits withBodyTime(Duration most) {
        return new Limits(bodyBytes, pixels, pictures, tokens, time, most);
    }
}
