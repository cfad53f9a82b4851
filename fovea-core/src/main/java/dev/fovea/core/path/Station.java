package dev.fovea.core.path;

import java.util.Locale;

/**
 * A place on the path of a picture through a vision-language model where a step may look and act.
 *
 * <p>Layers count from 0. Stations are ordered by {@link #order()}, the order in which data passes them.
 */
public sealed interface Station {

    /**
     * The model's own weights, before anything runs: a {@link Decision.Adapt} here holds for encoder, connector and
     * language model, and a {@link Decision.Speak} adds words to its vocabulary. Steps here see no signals.
     */
    record Weights() implements Station {}

    /**
     * The picture before it is prepared for the encoder: a {@link Decision.Resize} here has it prepared at another size, a
     * {@link Decision.Cut} as an overview and tiles. Sees one image at a time.
     */
    record Framing() implements Station {}

    /** The patches of the prepared picture, before the first encoder block: what is dropped here is never encoded. */
    record Patches() implements Station {}

    /** Inside encoder block {@code layer}, after its attention residual and before its MLP (where ToMe merges). */
    record EncoderAttention(int layer) implements Station {}

    /** On the output of encoder block {@code layer}. */
    record EncoderOutput(int layer) implements Station {}

    /**
     * Between encoder and language model, before the projector: a {@link Decision.Merge} or {@link Decision.Append}
     * here combines the selected encoder features, which are projected afterwards. A {@link Decision.Adapt} holds for the
     * language model and this prompt alone. Sees one image at a time.
     */
    record Connector() implements Station {}

    /**
     * Between encoder and language model, after the projector: a {@link Decision.Merge} or {@link Decision.Append} here
     * combines tokens that already live in the embedding space of the language model. Sees one image at a time.
     */
    record Projector() implements Station {}

    /**
     * Visual tokens and embeddings of words as they would enter the language model, in their final order: a {@link
     * Decision.Rewrite} here puts others in their place, all words at once. What is read of such a prompt serves no other
     * question, whose words would have become others; tokens of the answer enter as they are.
     */
    record Embeddings() implements Station {}

    /** Visual tokens and text embeddings in their final order, before prefill. */
    record Prompt() implements Station {}

    /** On entering decoder layer {@code layer} during prefill. */
    record Decoder(int layer) implements Station {}

    /** The attention scores of decoder layer {@code layer}, before the softmax; prefill and every decoding step. */
    record Attention(int layer) implements Station {}

    /**
     * What a decoder layer adds to the hidden states, or the hidden states behind it. Asked once, while the prompt is read;
     * what is decided holds for the prompt and for every token that follows.
     *
     * @param of which of the two
     */
    record Residual(int layer, Stream of) implements Station {}

    /** What a step at a residual station acts on. */
    enum Stream {
        /** What the MLP of the layer adds, before it is added. */
        MLP,
        /** The hidden states behind the layer. */
        LAYER
    }

    /**
     * The keys and values of a prompt, once they have been computed: what leaves here is gone for everything that follows.
     * Text that follows counts on as if nothing had left. A network that learns keeps none, so steps here are not called
     * then; a step at another station may say with {@link Decision.Edges} what it comes to.
     *
     * @param layer the first decoder layer that what is decided holds for, and all behind it
     */
    record Cache(Behind behind, int layer) implements Station {
        /** The caches of all layers. */
        public Cache(Behind behind) {
            this(behind, 0);
        }
    }

    /** What has been read when the station of the cache is passed. */
    enum Behind {
        /**
         * Everything up to the last visual token. A plan that acts here has its prompts read in two parts: the stations of
         * the language model see this part alone, and the words behind it are read over what is left of it.
         */
        PICTURES,
        /** The whole prompt, before the first token of the answer is fed back. */
        PROMPT
    }

    /** The next-token logits, at the end of prefill and after every decoding step. */
    record Logits() implements Station {}

    /** Position along the path: smaller comes first. */
    default long order() {
        return switch (this) {
            case Weights ignored -> -1L;
            case Framing ignored -> 0L;
            case Patches ignored -> 1L;
            case EncoderAttention s -> 10_000L + 2L * s.layer();
            case EncoderOutput s -> 10_001L + 2L * s.layer();
            case Connector ignored -> 20_000L;
            case Projector ignored -> 20_001L;
            case Embeddings ignored -> 29_999L;
            case Prompt ignored -> 30_000L;
            case Decoder s -> 40_000L + 4L * s.layer();
            case Attention s -> 40_001L + 4L * s.layer();
            case Residual s -> (s.of() == Stream.MLP ? 40_002L : 40_003L) + 4L * s.layer();
            case Cache s -> (s.behind() == Behind.PICTURES ? 46_000L : 48_000L) + s.layer();
            case Logits ignored -> 50_000L;
        };
    }

    /** The station's name as it is printed, for example {@code decoder[2]}. */
    default String label() {
        return switch (this) {
            case Weights ignored -> "weights";
            case Framing ignored -> "framing";
            case Patches ignored -> "patches";
            case EncoderAttention s -> "encoder-attention[" + s.layer() + "]";
            case EncoderOutput s -> "encoder[" + s.layer() + "]";
            case Connector ignored -> "connector";
            case Projector ignored -> "projector";
            case Embeddings ignored -> "embeddings";
            case Prompt ignored -> "prompt";
            case Decoder s -> "decoder[" + s.layer() + "]";
            case Attention s -> "attention[" + s.layer() + "]";
            case Residual s -> "residual[" + s.layer() + (s.of() == Stream.MLP ? ", mlp]" : "]");
            case Cache s ->
                "cache[" + s.behind().name().toLowerCase(Locale.ROOT)
                        + (s.layer() == 0 ? "]" : ", " + s.layer() + "..]");
            case Logits ignored -> "logits";
        };
    }
}
