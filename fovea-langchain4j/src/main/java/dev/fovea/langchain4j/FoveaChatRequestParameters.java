package dev.fovea.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a request may choose beside LangChain4j's own parameters: how visual tokens are spent, how the answer is sampled,
 * and which pages of its PDF documents are shown. What is null is chosen by the model.
 *
 * <p>A request that names techniques and no budget spends all tokens that these leave, whatever the model's budget is.
 */
public final class FoveaChatRequestParameters extends DefaultChatRequestParameters {
    private final @Nullable List<String> techniques;
    private final @Nullable String budget;
    private final @Nullable Long seed;
    private final @Nullable Double minP;
    private final @Nullable Double repetitionPenalty;
    private final @Nullable List<String> pages;
    private final @Nullable String documentPassword;

    private FoveaChatRequestParameters(Builder builder) {
        super(builder);
        this.techniques = builder.techniques == null ? null : List.copyOf(builder.techniques);
        this.budget = builder.budget;
        this.seed = builder.seed;
        this.minP = builder.minP;
        this.repetitionPenalty = builder.repetitionPenalty;
        this.pages = builder.pages == null ? null : List.copyOf(builder.pages);
        this.documentPassword = builder.documentPassword;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Techniques as typed on a command line: {@code id} or {@code id:knob=value,...}; an empty list is the plain model. */
    public @Nullable List<String> techniques() {
        return techniques;
    }

    /** Visual tokens to spend: {@code 64}, {@code 25%} or {@code full}. */
    public @Nullable String budget() {
        return budget;
    }

    /** Where sampling begins; the same seed gives the same answer. */
    public @Nullable Long seed() {
        return seed;
    }

    /** Tokens at least this fraction as likely as the likeliest are kept. */
    public @Nullable Double minP() {
        return minP;
    }

    /** Above 1 makes tokens that were already there less likely. */
    public @Nullable Double repetitionPenalty() {
        return repetitionPenalty;
    }

    /** Pages of PDF documents, such as {@code 1,3-5} or {@code 7-}: one choice for all documents, or one for each. */
    public @Nullable List<String> pages() {
        return pages;
    }

    /** The password of encrypted PDF documents. */
    public @Nullable String documentPassword() {
        return documentPassword;
    }

    @Override
    public FoveaChatRequestParameters overrideWith(ChatRequestParameters that) {
        return builder().overrideWith(this).overrideWith(that).build();
    }

    @Override
    public FoveaChatRequestParameters defaultedBy(ChatRequestParameters that) {
        return builder().overrideWith(that).overrideWith(this).build();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof FoveaChatRequestParameters that
                && Objects.equals(techniques, that.techniques)
                && Objects.equals(budget, that.budget)
                && Objects.equals(seed, that.seed)
                && Objects.equals(minP, that.minP)
                && Objects.equals(repetitionPenalty, that.repetitionPenalty)
                && Objects.equals(pages, that.pages)
                && Objects.equals(documentPassword, that.documentPassword);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                super.hashCode(), techniques, budget, seed, minP, repetitionPenalty, pages, documentPassword);
    }

    /** Without the password, wherever this may be printed. */
    @Override
    public String toString() {
        return "FoveaChatRequestParameters{techniques=" + techniques + ", budget=" + budget + ", seed=" + seed
                + ", minP=" + minP + ", repetitionPenalty=" + repetitionPenalty + ", pages=" + pages + ", "
                + super.toString() + "}";
    }

    /** Collects parameters. */
    public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {
        private @Nullable List<String> techniques;
        private @Nullable String budget;
        private @Nullable Long seed;
        private @Nullable Double minP;
        private @Nullable Double repetitionPenalty;
        private @Nullable List<String> pages;
        private @Nullable String documentPassword;

        private Builder() {}

        @Override
        public Builder overrideWith(ChatRequestParameters parameters) {
            super.overrideWith(parameters);
            if (parameters instanceof FoveaChatRequestParameters own) {
                if (own.techniques != null) {
                    techniques = own.techniques;
                    budget = null;
                }
                budget = own.budget == null ? budget : own.budget;
                seed = own.seed == null ? seed : own.seed;
                minP = own.minP == null ? minP : own.minP;
                repetitionPenalty = own.repetitionPenalty == null ? repetitionPenalty : own.repetitionPenalty;
                pages = own.pages == null ? pages : own.pages;
                documentPassword = own.documentPassword == null ? documentPassword : own.documentPassword;
            }
            return this;
        }

        /** As typed on a command line; several act together, none is the plain model. */
        public Builder techniques(String... specs) {
            return techniques(List.of(specs));
        }

        /** As typed on a command line; several act together, none is the plain model. */
        public Builder techniques(List<String> specs) {
            this.techniques = List.copyOf(specs);
            return this;
        }

        /** {@code 64}, {@code 25%} or {@code full}. */
        public Builder budget(@Nullable String tokens) {
            this.budget = tokens;
            return this;
        }

        /** A count of visual tokens. */
        public Builder budget(int tokens) {
            return budget(Integer.toString(tokens));
        }

        public Builder seed(@Nullable Long value) {
            this.seed = value;
            return this;
        }

        public Builder minP(@Nullable Double value) {
            this.minP = value;
            return this;
        }

        public Builder repetitionPenalty(@Nullable Double value) {
            this.repetitionPenalty = value;
            return this;
        }

        /** Pages of PDF documents, such as {@code 1,3-5} or {@code 7-}: one choice for all documents, or one for each. */
        public Builder pages(String... choices) {
            this.pages = List.of(choices);
            return this;
        }

        /** The password of encrypted PDF documents. */
        public Builder documentPassword(@Nullable String value) {
            this.documentPassword = value;
            return this;
        }

        @Override
        public FoveaChatRequestParameters build() {
            return new FoveaChatRequestParameters(this);
        }
    }
}
