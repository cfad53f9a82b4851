package dev.fovea.core.path;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What happened to every visual token of one prompt: where it came from in the picture, what each station decided about
 * it and with which score, and what reached the end. The overlay, the cost model and the tests all read it.
 *
 * <p>Plain data, ready to be written as JSON.
 *
 * @param images the grids of the prompt's images as they entered the encoder, in order; a picture that is cut into
 *     tiles, or a video, has several
 * @param unframed the grids that the same images have where no step decides about their size; empty ones for tiles that a
 *     step had a picture cut into
 * @param tokens every visual token before any technique acted: per image its grid row by row and then, where the
 *     model selects it as a feature, its class token
 * @param survivors what is left behind the last station, in the order of the sequence
 * @param encoderTokens patch tokens of all images that each encoder layer worked on, for the layers that ran
 * @param decoderTokens visual tokens whose keys and values each decoder layer computed
 * @param cachedTokens those of them that it holds for what follows: all, unless a step at the cache decided otherwise
 * @param steered what was added to hidden states, in path order
 * @param branches what was read beside the prompt
 */
public record Ledger(
        List<Grid> images,
        List<Grid> unframed,
        List<Token> tokens,
        List<Group> survivors,
        List<Integer> encoderTokens,
        List<Integer> decoderTokens,
        List<Integer> cachedTokens,
        List<Steered> steered,
        List<Reading> branches) {

    public Ledger {
        images = List.copyOf(images);
        unframed = List.copyOf(unframed);
        tokens = List.copyOf(tokens);
        survivors = List.copyOf(survivors);
        encoderTokens = List.copyOf(encoderTokens);
        decoderTokens = List.copyOf(decoderTokens);
        cachedTokens = List.copyOf(cachedTokens);
        steered = List.copyOf(steered);
        branches = List.copyOf(branches);
    }

    /**
     * The ledger of pictures whose size no step decided about, with caches that hold all that was computed, of a prompt that
     * was read by itself and as it is.
     */
    public Ledger(
            List<Grid> images,
            List<Token> tokens,
            List<Group> survivors,
            List<Integer> encoderTokens,
            List<Integer> decoderTokens) {
        this(images, images, tokens, survivors, encoderTokens, decoderTokens, decoderTokens, List.of(), List.of());
    }

    /** The same history of pictures that would have had these grids if no step had decided about their size. */
    public Ledger framedFrom(List<Grid> grids) {
        return new Ledger(
                images, grids, tokens, survivors, encoderTokens, decoderTokens, cachedTokens, steered, branches);
    }

    /**
     * The same history of a prompt to which something was added and beside which something was read.
     *
     * @param added to hidden states
     * @param read beside it
     */
    public Ledger beside(List<Steered> added, List<Reading> read) {
        return new Ledger(images, unframed, tokens, survivors, encoderTokens, decoderTokens, cachedTokens, added, read);
    }

    /**
     * The same pictures with one score for each token, as if nothing else had been noted of them: for a heat map of values
     * that no station gave.
     *
     * @param station what the values are called
     * @param scores of every token, NaN for none: {@code [total]}
     */
    public Ledger scored(String station, float[] scores) {
        if (scores.length != tokens.size()) {
            throw new IllegalArgumentException(
                    "There are " + scores.length + " scores for a ledger of " + tokens.size() + " tokens");
        }
        List<Token> marked = IntStream.range(0, scores.length)
                .mapToObj(i -> {
                    Token t = tokens.get(i);
                    Float score = Float.isNaN(scores[i]) ? null : (Float) scores[i];
                    return new Token(
                            t.image(), t.row(), t.col(), List.of(new Event(station, t.fate(), -1, score)), t.fate());
                })
                .toList();
        return new Ledger(
                images, unframed, marked, survivors, encoderTokens, decoderTokens, cachedTokens, steered, branches);
    }

    /** What became of a token. */
    public enum Fate {
        /** It is still there, alone or as the anchor of a group. */
        KEPT,
        /** Its content went into another token. */
        MERGED,
        /** It is gone. */
        DROPPED;

        /** As it is written for people and programs: {@code kept}, {@code merged}, {@code dropped}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The grid of visual tokens of one image: of what the encoder saw at once, a picture or one of its tiles or frames.
     *
     * @param rows rows of tokens
     * @param cols columns of tokens
     * @param picture index of the picture in the prompt
     * @param part what of the picture it shows
     * @param side patches along each side of a token: token {@code (r, c)} stands for the patches of rows
     *     {@code r * side ..} and columns {@code c * side ..}
     */
    public record Grid(int rows, int cols, int picture, Part part, int side) {

        /** The only image of the only picture, a patch a token. */
        public Grid(int rows, int cols) {
            this(rows, cols, 0, new Part.Whole(), 1);
        }

        /** Number of tokens. */
        public int tokens() {
            return rows * cols;
        }

        /** The same grid in another picture of the prompt. */
        public Grid inPicture(int index) {
            return new Grid(rows, cols, index, part, side);
        }
    }

    /**
     * One visual token.
     *
     * @param image index of its image in {@link Ledger#images()}
     * @param row its row there, or -1 for a class token
     * @param col its column there, or -1 for a class token
     * @param events what the stations decided, in order; ends when the token is gone
     * @param fate what became of it in the end
     */
    public record Token(int image, int row, int col, List<Event> events, Fate fate) {
        public Token {
            events = List.copyOf(events);
        }
    }

    /**
     * One decision about one token.
     *
     * @param station the station's label
     * @param fate what was decided
     * @param into index in {@link Ledger#tokens()} of the token it was merged into, or -1
     * @param score the score it was judged by, or null if the step gave none
     */
    public record Event(
            String station, Fate fate, int into, @Nullable Float score) {}

    /**
     * One surviving token and what it is made of.
     *
     * @param anchor index in {@link Ledger#tokens()} of the token whose place it has, or -1 if it was appended
     * @param members indices of the tokens in it; {@link Decision#CLS} where the class token of the picture, not itself
     *     a visual token, went in
     * @param weights the weight of each member
     */
    public record Group(int anchor, int[] members, float[] weights) {

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Group g
                    && anchor == g.anchor
                    && Arrays.equals(members, g.members)
                    && Arrays.equals(weights, g.weights);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * anchor + Arrays.hashCode(members)) + Arrays.hashCode(weights);
        }

        @Override
        public String toString() {
            return "Group[" + anchor + " <- " + Arrays.toString(members) + "]";
        }
    }

    /**
     * Something that was added to the hidden states of a layer.
     *
     * @param station the station's label
     * @param push how it was added
     * @param tokens to which tokens
     * @param strength what the vector was multiplied with
     * @param length of the vector
     */
    public record Steered(String station, Decision.Push push, Decision.Pushed tokens, double strength, double length) {}

    /**
     * Something that was read beside the prompt.
     *
     * @param branch the branch's label
     * @param words its tokens that are not visual
     * @param visual visual tokens whose keys and values each decoder layer computed
     * @param follows whether it takes the tokens of the answer; otherwise it was read for its hidden states alone
     */
    public record Reading(String branch, int words, List<Integer> visual, boolean follows) {
        public Reading {
            visual = List.copyOf(visual);
        }
    }

    /** Number of visual tokens of the pictures as they entered the encoder. */
    public int total() {
        return tokens.size();
    }

    /** Number of visual tokens that the plain model would have: {@link #total()} unless a picture was resized or cut. */
    public int plainTotal() {
        return IntStream.range(0, images.size()).map(this::plainTotal).sum();
    }

    /** Those of one image, its class token included where it is one of them; none of a tile that a step made. */
    public int plainTotal(int image) {
        int plain = unframed.get(image).tokens();
        int own = (int) tokens.stream().filter(t -> t.image() == image).count();
        return plain == 0 ? 0 : own - images.get(image).tokens() + plain;
    }

    /** Number of tokens left behind the last station, appended ones included. */
    public int kept() {
        return survivors.size();
    }

    /** Number of original tokens with this fate; the three counts add up to {@link #total()}. */
    public int count(Fate fate) {
        return (int) tokens.stream().filter(t -> t.fate() == fate).count();
    }

    /** The last score that any station gave to each token, or NaN where none did: {@code [total]}. */
    public float[] scores() {
        float[] out = new float[tokens.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = Float.NaN;
            for (Event event : tokens.get(i).events()) {
                Float score = event.score();
                if (score != null) {
                    out[i] = score;
                }
            }
        }
        return out;
    }
}
