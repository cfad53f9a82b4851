package dev.fovea.core.technique;

/** What takes the place of a signal that a model does not have. Cards name them; the sentence stands here, once. */
public enum Substitute {
    /** For the class token's attention in encoders without a class token. */
    CLASS_ATTENTION(
            "class-attention",
            "Encoders without a class token: the attention a patch receives on average from all patches takes the "
                    + "place of the CLS attention."),

    /** For the question's embedding in models without a text tower that is paired with the encoder. */
    QUESTION(
            "question",
            "Without a paired text tower the question is compared with the tokens in the embedding space of the "
                    + "language model: projected tokens against the mean of the question's text embeddings.");

    private final String word;
    private final String sentence;

    Substitute(String word, String sentence) {
        this.word = word;
        this.sentence = sentence;
    }

    /** Its name on cards. */
    public String word() {
        return word;
    }

    /** What people read. */
    public String sentence() {
        return sentence;
    }
}
