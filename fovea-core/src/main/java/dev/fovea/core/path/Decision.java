package dev.fovea.core.path;

import dev.fovea.core.adapt.Additions;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a step decided: data that the engine applies in one place to hidden states, positions, masks and caches, and
 * writes to the {@link Ledger}. Indices count the visual tokens that are present at the station (of one image at
 * encoder and connector stations, of the whole prompt later). At encoder stations and the connector, index
 * {@link #CLS} names the class token.
 */
public sealed interface Decision {

    /** Index of the class token in {@link Merge} groups. */
    int CLS = -1;

    /** Position ids of what remains after a decision inside the language model. */
    enum Positions {
        /** Survivors keep the position ids they had; later tokens count on as if nothing had left. */
        ORIGINAL,
        /**
         * Positions are renumbered 0..length-1 for the layers from here on, and for decoded tokens in those layers. At the
         * cache keys have been turned by their positions and stay so: only later tokens count on from what is left.
         */
        RENUMBERED,
        /**
         * A merged token stands at the mean of its members' position ids, every member counted once, rounded down on each
         * axis; everything else as under {@link #ORIGINAL}.
         */
        MEAN
    }

    /** Nothing changes. */
    record Unchanged() implements Decision {}

    /**
     * Only these visual tokens remain, in the given order (ascending unless the paper says otherwise).
     *
     * <p>At the cache: the keys and values of every other visual token leave the layers, also those of tokens that had
     * left a deeper one before.
     *
     * @param indices no duplicates
     * @param positions used by stations inside the language model only; before it positions are always contiguous
     */
    record Keep(int[] indices, Positions positions) implements Decision {
        public static Keep of(int... indices) {
            return new Keep(indices, Positions.ORIGINAL);
        }
    }

    /**
     * Every remaining token is a linear combination of present ones: token {@code g} is
     * {@code sum(weights[k] * token[members[k]])} for {@code k} in {@code offsets[g] .. offsets[g + 1] - 1}. Tokens
     * used by no group are dropped. A group of one member with weight 1 is a kept token; a group without members is a
     * zero vector. Weights need not sum to 1. The size of a group ({@link Signal.TokenSizes}) is the sum of its members'
     * sizes.
     *
     * <p>At encoder stations the class token stays in front by itself and is not listed. At the connector {@link #CLS}
     * may be a member: the class token's feature then takes part, and a group of it alone makes it a visual token.
     *
     * @param offsets {@code [groups + 1]}
     * @param members indices of present visual tokens, or {@link Decision#CLS}
     * @param weights as long as members
     * @param anchors {@code [groups]}: the token whose place (position, ledger cell) the group takes; {@code -1}
     *     ({@link #CLS}) for a group with no place of its own, whose cell is -1
     */
    record Merge(int[] offsets, int[] members, float[] weights, int[] anchors, Positions positions)
            implements Decision {
        public Merge {
            if (offsets.length != anchors.length + 1
                    || members.length != weights.length
                    || offsets[offsets.length - 1] != members.length) {
                throw new IllegalArgumentException("Merge arrays disagree: " + (offsets.length - 1) + " groups, "
                        + anchors.length + " anchors, " + members.length + " members, " + weights.length + " weights");
            }
        }

        public int groups() {
            return anchors.length;
        }

        public int[] members(int group) {
            return Arrays.copyOfRange(members, offsets[group], offsets[group + 1]);
        }

        public float[] weights(int group) {
            return Arrays.copyOfRange(weights, offsets[group], offsets[group + 1]);
        }
    }

    /**
     * Framing station: the picture is prepared at another size, so that it has this grid of visual tokens instead. It
     * shows the same part of the picture; learned positions are interpolated to the new grid. Layouts, budgets in
     * percent and signals of later stations are those of the new grid.
     *
     * @param rows of the grid, at least 1
     * @param cols of the grid, at least 1
     */
    record Resize(int rows, int cols) implements Decision {}

    /**
     * Framing station: the picture is stretched to whole tiles, each of the size that it would have had as a whole, and is
     * seen as an overview of that size followed by the tiles, row by row; each is an image of its own. Both are resampled
     * with PIL's Lanczos filter, the overview from the stretched picture. Decided about whole pictures of models that see
     * them at once, before a prompt is laid out: what acts later meets the overview and the tiles, and so does whatever
     * else is decided at this station, which may resize them but not cut them again.
     *
     * @param rows of tiles, at most {@link #MOST}; 0, like the columns, for the overview alone, which unlike the picture as the
     *     model takes it shows all of it
     * @param cols columns of tiles, at most {@link #MOST}; of one row and one column there is an overview and one tile that
     *     shows the same
     */
    record Cut(int rows, int cols) implements Decision {
        /** Tiles along a side of a picture. */
        public static final int MOST = 16;
    }

    /** The given tokens follow the present ones: {@code [n, width of the station]}. */
    record Append(Rows tokens) implements Decision {}

    /**
     * Connector and projector: these tokens take the place of all present ones: {@code [n, width of the station]}.
     *
     * @param anchors {@code [n]}: the present token whose place (position, ledger cell) each takes; {@code -1}
     *     ({@link #CLS}) for one with no place of its own
     */
    record Resample(Rows tokens, int[] anchors) implements Decision {
        public Resample {
            if (anchors.length != tokens.rows()) {
                throw new IllegalArgumentException(
                        "There are " + tokens.rows() + " tokens for " + anchors.length + " anchors");
            }
        }

        /** The same places with nothing in them. */
        public Merge places() {
            return new Merge(new int[anchors.length + 1], new int[0], new float[0], anchors, Positions.ORIGINAL);
        }
    }

    /**
     * Embeddings: these rows take the place of tokens of the prompt, visual ones or words; all others stay as they are.
     *
     * @param tokens {@code [n, decoder width]}
     * @param at their ascending places in the layout: {@code [n]}
     */
    record Rewrite(Rows tokens, int[] at) implements Decision {
        public Rewrite {
            if (at.length != tokens.rows()) {
                throw new IllegalArgumentException(
                        "There are " + tokens.rows() + " rows for " + at.length + " places of a prompt");
            }
        }
    }

    /**
     * Prompt and decoder: how much of each visual token stays, from 0 to 1. When the model answers, tokens whose gate is
     * below one half leave, as under {@link Keep}. While it learns all of them stay, and from here on the logarithm of a
     * token's gate is added to every attention score towards it, so that gradients reach the gate.
     *
     * @param gates {@code [visual, 1]}
     */
    record Gate(Rows gates) implements Decision {
        /** What is added to the logarithm's argument: a closed gate is nearly, not quite, minus infinity. */
        public static final double LEAST = 1e-6;

        /** The tokens that stay. */
        public Keep hard() {
            float[] values = TensorRows.matrix(gates).data();
            return Keep.of(IntStream.range(0, values.length)
                    .filter(i -> values[i] >= 0.5f)
                    .toArray());
        }
    }

    /**
     * Weights: this is added to the weights of the model for as long as the plan holds, for all prompts.
     *
     * <p>Connector and projector: products of low rank stand beside the weights of the language model while it reads and
     * answers this prompt alone, those of several pictures in it together. They may be added to the matrices of attention
     * ({@code text.layers.0.self_attn.q_proj.weight}, and the same with k, v and o), and to the whole of what a layer does
     * behind its second norm ({@code text.layers.0.mlp}): from the normed states to what the block makes of them.
     *
     * @param additions to whatever the model looks at
     * @param ofTiles weights: what is added to tensors of the encoder while it looks at a tile, instead of what the first
     *     adds to the same tensors
     */
    record Adapt(Additions additions, Additions ofTiles) implements Decision {
        public Adapt(Additions additions) {
            this(additions, Additions.none());
        }
    }

    /**
     * Weights: the language model knows further words, those of {@code wording}. Their ids follow those of its own
     * vocabulary, in their order, and its head may choose them like any other. What is written between the marks of a
     * thought is no part of the answer.
     *
     * @param additions to whatever else the model looks at, as under {@link Adapt}
     * @param wording the words, and what they are for
     * @param embedding rows behind those of its table of embeddings: {@code [words, decoder width]}
     * @param head rows behind those of its head, of the same shape; null for the same rows, which is what a head shares that is
     *     the table of embeddings
     */
    record Speak(
            Additions additions,
            Wording wording,
            Rows embedding,
            @Nullable Rows head) implements Decision {
        public Speak {
            int words = wording.words().size();
            if (embedding.rows() != words || (head != null && head.rows() != words)) {
                throw new IllegalArgumentException("There are " + words + " further words, but "
                        + embedding.rows() + " rows for the table of embeddings"
                        + (head == null ? "" : " and " + head.rows() + " for the head"));
            }
        }
    }

    /**
     * Behind an encoder block: the next block's attention sees these tokens too, as keys and values behind its own; it
     * has no output for them, so they are gone behind it. {@code [n, encoder width]}
     */
    record Attend(Matrix tokens) implements Decision {}

    /**
     * All visual tokens leave the hidden states from this decoder layer on. At the connector and the projector: none of this
     * picture goes to the language model, but for a class token that is one of its features. At the cache: their keys and
     * values leave.
     */
    record DropAllVisual(Positions positions) implements Decision {}

    /**
     * Attention station: scores of the last query row towards visual token {@code j} become
     * {@code s + factor[j] * |s|} in every head, before the softmax.
     *
     * @param factors per visual token present in this layer; 0 leaves a score alone
     */
    record Rescale(float[] factors) implements Decision {}

    /**
     * Attention station: which of the tokens that the layer holds may see which, in this layer, while the prompt is read
     * and while it is answered; at the prompt the same in every layer, for those that are left there.
     *
     * @param edges a group for each token present at the station, visual or not
     */
    record Edges(AttentionEdges edges) implements Decision {}

    /**
     * Cache: the keys and values of these tokens remain in the layers that hold them, and of no others, visual or not.
     *
     * @param tokens ascending positions in the layout
     */
    record Retain(int[] tokens) implements Decision {}

    /**
     * Residual station: this is added to hidden states {@code h} of the layer, in f32, while the prompt is read and for every
     * token that follows.
     *
     * @param vector {@code [decoder width]}; of nothing but zeros it changes nothing
     * @param strength what it is multiplied with; 0 changes nothing
     * @param push how it is added
     * @param tokens to which tokens
     */
    record Steer(float[] vector, double strength, Push push, Pushed tokens) implements Decision {
        /** Whether anything is added. */
        public boolean acts() {
            boolean some = false;
            for (float v : vector) {
                some |= v != 0;
            }
            return some && strength != 0;
        }
    }

    /** How a vector {@code v} of some strength {@code a} is added to a hidden state {@code h}. */
    enum Push {
        /** {@code h + a v}. */
        ADD,
        /** {@code h + a v}, scaled to the length that {@code h} had. */
        KEEP_LENGTH,
        /**
         * As vectors of length one: {@code h/|h| + a c v/|v|}, scaled to the length that {@code h} had. {@code c} is 1, and up
         * to 2 where {@code h} points away from {@code v}: {@code 1 + max(0, cos(h, -v))}.
         */
        UNIT
    }

    /** Which tokens are steered. */
    enum Pushed {
        /** All that pass. */
        ALL,
        /** The last one of what is read, and each that follows: those whose successors are asked for. */
        LAST
    }

    /** Logits station: these logits replace the model's own; {@code NEGATIVE_INFINITY} forbids a token. */
    record Replace(float[] logits) implements Decision {}
}
