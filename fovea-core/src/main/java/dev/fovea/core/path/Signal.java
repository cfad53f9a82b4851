package dev.fovea.core.path;

/**
 * Something a step wants to know. Signals are pulled: the engine computes exactly the declared ones, beside the fused
 * attention kernel, and nothing else. Post-softmax attention unless said otherwise; everything in f32.
 *
 * <p>Encoder signals may be declared by a step of any later station. Vectors "per visual token" are then carried along:
 * when tokens were dropped in between, the values of the survivors are delivered, in their current order.
 *
 * @param <T> what the engine delivers
 */
public sealed interface Signal<T> {

    /** How the values of several heads become one. */
    enum Heads {
        MEAN,
        SUM
    }

    /** Which encoder queries an attention signal averages over. */
    enum EncoderQueries {
        /** The CLS query alone. Encoders without CLS do not provide it. */
        CLS,
        /** The mean over every query of the encoder, CLS included where there is one ("received attention"). */
        ALL,
        /** The mean over the patch queries. */
        PATCHES
    }

    /** Which projections of a layer. */
    enum Projection {
        QUERY,
        KEY,
        VALUE
    }

    /** Which decoder queries an attention signal averages over. */
    enum DecoderQueries {
        /** The last token of the prompt. */
        LAST,
        /** Every text token after the first visual token. */
        INSTRUCTION,
        /** Every visual token. */
        VISUAL
    }

    /** Over which keys the softmax of a decoder attention signal runs. */
    enum KeyScope {
        ALL,
        VISUAL
    }

    /** Which tokens of a prompt a signal has its rows for. */
    enum PromptTokens {
        VISUAL,
        /** Every text token after the first visual token. No technique drops these. */
        INSTRUCTION,
        /** Every text token, also those before the first visual token. At the prompt station: the embeddings of all words. */
        TEXT
    }

    // ---- before the encoder ----

    /**
     * Width and height of the picture as it was given, upright, in pixels: {@code [2]}; of a tile those of the whole
     * picture. Only steps before the encoder and at the connector may declare it; the grid it is prepared for is in the
     * {@link Layout}.
     */
    record PictureSize() implements Signal<float[]> {}

    // ---- encoder ----

    /**
     * Attention probabilities that the patches receive in encoder layer {@code layer} (0-based), per visual token. The
     * softmax runs over all encoder tokens (CLS included) and is not renormalised over patches.
     */
    record EncoderAttention(int layer, EncoderQueries queries, Heads heads) implements Signal<float[]> {}

    /** The head-averaged attention map of an encoder layer, {@code [tokens, tokens]}, CLS first. Costs the full map. */
    record EncoderAttentionMap(int layer) implements Signal<Matrix> {}

    /** A projection of an encoder layer, heads side by side: {@code [tokens, width]}, CLS first, bias included. */
    record EncoderProjection(int layer, Projection projection) implements Signal<Matrix> {}

    /** Hidden states after {@code layers} encoder layers (0 = embeddings): {@code [tokens, width]}, CLS first. */
    record EncoderHidden(int layers) implements Signal<Matrix> {}

    /**
     * Hidden states as they stand at the encoder station of the step (at {@link Station.EncoderAttention} after the
     * attention residual and before the MLP): {@code [tokens, width]}, CLS first. Only steps at encoder stations may
     * declare it.
     */
    record EncoderStates() implements Signal<Matrix> {}

    /** How many original patches each encoder token present at the station stands for, CLS first: {@code [tokens]}. */
    record TokenSizes() implements Signal<float[]> {}

    // ---- connector ----

    /** The selected encoder features before the projector: {@code [visual tokens, encoder width]}. */
    record Features() implements Signal<Matrix> {}

    /**
     * The features of all images that a picture is seen as, before any step at the connector: of its overview, then of its
     * tiles, row by row, one below the other: {@code [tokens of the picture, encoder width]}. A picture that is seen as a
     * whole, and a frame, has its own alone.
     */
    record PictureFeatures() implements Signal<Matrix> {}

    /** The projected tokens in the embedding space of the language model: {@code [visual tokens, decoder width]}. */
    record Projected() implements Signal<Matrix> {}

    /** Patch states of the last encoder layer through the CLIP visual projection: {@code [patches, projection]}. */
    record PatchImageEmbeddings() implements Signal<Matrix> {}

    /** The question in the shared CLIP space, not normalised: {@code [projection]}. Needs a text tower. */
    record QuestionEmbedding() implements Signal<float[]> {}

    /**
     * The selected encoder features through the last norm of the image tower and its projection into the shared CLIP
     * space, not normalised: {@code [visual tokens, projection]}. Where several layers are selected, those of the last
     * one named. Needs a text tower.
     */
    record FeatureImageEmbeddings() implements Signal<Matrix> {}

    /**
     * The question in the shared CLIP space, cut into pieces of as many tokens as the text tower reads, not normalised:
     * {@code [pieces, projection]}. The sentence that asks for a single word or phrase is left out. Needs a text tower.
     */
    record QuestionPieces() implements Signal<Matrix> {}

    /** Mean of the text embeddings of the question in the language model: {@code [decoder width]}. */
    record QuestionTokensMean() implements Signal<float[]> {}

    /**
     * Pixels of every patch before normalisation, RGB interleaved 0-255: {@code [patches, patch * patch * 3]}. At the
     * framing station those of the picture as it would be prepared.
     */
    record PatchPixels() implements Signal<Matrix> {}

    // ---- decoder ----

    /**
     * One row of attention, averaged over heads and over the chosen queries, with the norm and projections of decoder
     * layer {@code layer} applied to the hidden states entering the station. Indexed by current position
     * ({@link Layout}): {@code [length]}; positions outside the key scope hold 0. The causal mask holds.
     *
     * @param layer whose projections are used; for the station {@code Decoder(l)} either {@code l} (the states entering
     *     it) or {@code l - 1} (that layer's own attention, from the states that entered it)
     * @param rotary whether rotary positions are applied to queries and keys
     */
    record DecoderAttention(int layer, DecoderQueries queries, KeyScope keys, boolean rotary)
            implements Signal<float[]> {}

    /**
     * A projection of the visual tokens in decoder layer {@code layer}, heads side by side (kv-heads for keys and
     * values): {@code [visual, ...]}. The layer is chosen as in {@link DecoderAttention}: at {@code Decoder(l)} either
     * {@code l}, from the states entering it, or {@code l - 1}, from the states that entered that layer.
     */
    record DecoderProjection(int layer, Projection projection, boolean rotary) implements Signal<Matrix> {}

    /** The same projection of the last prompt token: {@code [1, ...]}. */
    record DecoderLastProjection(int layer, Projection projection, boolean rotary) implements Signal<Matrix> {}

    /** The same projection of the text tokens after the first visual one: {@code [instruction, ...]}. */
    record DecoderInstructionProjection(int layer, Projection projection, boolean rotary) implements Signal<Matrix> {}

    /**
     * Attention of every text token after the first visual one to every visual token, with rotary positions and the
     * causal mask, softmax over all keys: the mean over heads, {@code [instruction, visual]}, or head by head, {@code
     * [heads * instruction, visual]}. The layer is chosen as in {@link DecoderAttention}.
     */
    record DecoderInstructionAttention(int layer, boolean byHead) implements Signal<Matrix> {}

    /**
     * The head-averaged attention map of a decoder layer, {@code [length, length]}, queries by keys, with rotary positions
     * and the causal mask. Costs the full map. The layer is chosen as in {@link DecoderAttention}.
     */
    record DecoderAttentionMap(int layer) implements Signal<Matrix> {}

    /**
     * Hidden states on entering the station: {@code [tokens, width]}; at the prompt station those that enter the
     * language model, projected visual tokens and embeddings of words.
     *
     * @param finalNorm whether the norm behind the last layer is applied to them
     */
    record DecoderHidden(PromptTokens tokens, boolean finalNorm) implements Signal<Matrix> {
        /** Of the visual tokens, as they are. */
        public DecoderHidden() {
            this(PromptTokens.VISUAL, false);
        }
    }

    /** The position id of every token of the sequence, of several axes the first: {@code [length]}. */
    record DecoderPositions() implements Signal<float[]> {}

    /**
     * Which of several continuations that are packed behind a picture while a network learns each text token belongs to,
     * counted from 1; 0 where it is common to all, and -1 for a word that the network learns to expect. When it answers
     * there is one continuation, and all are 0: {@code [text tokens]}.
     */
    record Continuations() implements Signal<float[]> {}

    // ---- everywhere ----

    /** Values per visual token that an earlier step of the same plan noted with {@link Outcome#noting}. */
    record Noted(String name) implements Signal<float[]> {}

    /**
     * Values per text token after the first visual one that an earlier step of the same plan noted with {@link
     * Outcome#notingText}.
     */
    record NotedText(String name) implements Signal<float[]> {}

    /**
     * What the stream of inputs has left to remember under a name, see
     * {@link dev.fovea.core.technique.Adaptation#remembered}; a matrix without rows where there is nothing (yet). Belongs
     * to whoever runs the stream: a prompt to a language model has none.
     */
    record Remembered(String name) implements Signal<Matrix> {}

    // ---- residual ----

    /**
     * Hidden states of the last token of the prompt behind every decoder layer, before the final norm: {@code [layers,
     * width]}. The branch is read for it before the prompt is, which costs a pass of its own.
     */
    record LastStates(Branch branch) implements Signal<Matrix> {}

    // ---- logits ----

    /** Logits of the next token as they come to the step: {@code [vocabulary]}. */
    record NextLogits() implements Signal<float[]> {}

    /** Log-probabilities of the next token: {@code [vocabulary]}. */
    record LogProbabilities() implements Signal<float[]> {}

    /**
     * What the head makes of the last token's hidden state behind a layer: {@code [vocabulary]}.
     *
     * @param layer of the language model; {@link #BEFORE_LAYERS} for the state that enters the first one
     * @param finalNorm whether the norm behind the last layer is applied first
     */
    record LateLogits(int layer, boolean finalNorm) implements Signal<float[]> {
        /** The place before the first layer. */
        public static final int BEFORE_LAYERS = -1;
    }

    /**
     * Log-probabilities of the next token in a branch that takes the tokens of the answer: {@code [vocabulary]}.
     */
    record BranchLogProbabilities(Branch branch) implements Signal<float[]> {}

    /** How many tokens of the answer stand before the next one: {@code [1]}. */
    record AnswerTokens() implements Signal<float[]> {}
}
