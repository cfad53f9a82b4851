package dev.fovea.train.recipe;

import java.util.List;
import java.util.Locale;

/**
 * How large the model is and how long its stages are: all numbers that are a matter of time, in one place.
 *
 * @param name names the size in a run folder
 * @param vision the encoder
 * @param text widths of the text tower
 * @param decoder widths of the language model
 * @param words scenes whose texts the tokenizer is learned from
 * @param merges most tokens it learns beside bytes and special tokens
 * @param heldOut pictures that stages are measured on while they train
 * @param stages in the order in which they are trained
 */
record PeekSize(
        String name,
        Vision vision,
        Tower text,
        Tower decoder,
        int words,
        int merges,
        int heldOut,
        List<Length> stages) {

    /**
     * Sizes of the encoder.
     *
     * @param image side of the picture in pixels
     * @param patch side of a patch
     * @param width channels
     * @param layers blocks
     * @param heads attention heads
     * @param mlp inner width
     */
    record Vision(int image, int patch, int width, int layers, int heads, int mlp) {
        int grid() {
            return image / patch;
        }

        int patches() {
            return grid() * grid();
        }

        int patchValues() {
            return 3 * patch * patch;
        }
    }

    /**
     * Sizes of the text tower.
     *
     * @param vocabulary tokens
     * @param length longest text, begin and end tokens included
     * @param width channels
     * @param layers blocks
     * @param heads attention heads
     * @param mlp inner width
     */
    record Text(int vocabulary, int length, int width, int layers, int heads, int mlp) {}

    /**
     * Sizes of the language model.
     *
     * @param vocabulary tokens
     * @param width channels
     * @param layers blocks
     * @param heads query heads
     * @param kvHeads key/value heads
     * @param mlp inner width
     * @param theta base of the rotary frequencies
     */
    record Language(int vocabulary, int width, int layers, int heads, int kvHeads, int mlp, double theta) {
        int headDim() {
            return width / heads;
        }
    }

    /**
     * Widths of a transformer.
     *
     * @param width channels
     * @param layers blocks
     * @param heads attention heads
     * @param mlp inner width
     */
    record Tower(int width, int layers, int heads, int mlp) {}

    /**
     * The length of a stage.
     *
     * @param stage its name
     * @param steps optimiser steps
     * @param pictures pictures (or windows) in a batch
     * @param batches batches in a step
     * @param rate highest learning rate
     */
    record Length(String stage, long steps, int pictures, int batches, double rate) {}

    PeekSize {
        stages = List.copyOf(stages);
    }

    /** The default model. */
    static final PeekSize FULL = new PeekSize(
            "full",
            new Vision(224, 14, 192, 6, 6, 768),
            new Tower(128, 2, 4, 512),
            new Tower(256, 6, 8, 512),
            2000,
            1200,
            96,
            List.of(
                    new Length("windows", 3000, 64, 1, 1e-3),
                    new Length("pictures", 800, 32, 1, 6e-4),
                    new Length("truth", 700, 32, 1, 1e-3),
                    new Length("places", 900, 32, 1, 8e-4),
                    new Length("pairs", 1500, 16, 2, 8e-4),
                    new Length("connect", 900, 16, 1, 1.5e-3),
                    new Length("answers", 700, 16, 2, 6e-4),
                    new Length("finish", 200, 16, 2, 3e-4)));

    /** A model that learns nothing, in a minute: it shows that every stage runs on this machine. */
    static final PeekSize QUICK = new PeekSize(
            "quick",
            new Vision(224, 14, 32, 2, 2, 64),
            new Tower(32, 1, 2, 64),
            new Tower(32, 2, 2, 64),
            50,
            200,
            8,
            FULL.stages.stream()
                    .map(s -> new Length(s.stage, 3, 4, s.batches, s.rate))
                    .toList());

    /** The length of a stage. */
    Length of(String stage) {
        return stages.stream()
                .filter(s -> s.stage.equals(stage))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(String.format(
                        Locale.ROOT,
                        "There is no stage '%s'; the stages are %s",
                        stage,
                        String.join(", ", stages.stream().map(Length::stage).toList()))));
    }

    /** The text tower knows the learned tokens and the end of text. */
    Text text(int learned) {
        return new Text(learned + 1, 64, text.width, text.layers, text.heads, text.mlp);
    }

    /** The language model's vocabulary is padded to a multiple of 64. */
    Language decoder(int learned) {
        int vocabulary = (learned + 1 + 63) / 64 * 64;
        return new Language(
                vocabulary, decoder.width, decoder.layers, decoder.heads, decoder.heads, decoder.mlp, 10_000);
    }

    /** All of it, for a tokenizer of so many learned tokens. */
    PeekConfig config(int learned) {
        return new PeekConfig(vision, text(learned), decoder(learned));
    }
}
