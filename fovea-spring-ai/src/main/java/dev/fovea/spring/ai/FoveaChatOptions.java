package dev.fovea.spring.ai;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.DefaultChatOptions;
import org.springframework.ai.chat.prompt.DefaultChatOptionsBuilder;

/**
 * What a prompt may choose beside Spring AI's own options: how visual tokens are spent, how the answer is sampled, and
 * which pages of its PDF documents are shown. What is null is chosen by the model.
 *
 * <p>Options that name techniques and no budget spend all tokens that these leave, whatever the model's budget is.
 */
public final class FoveaChatOptions extends DefaultChatOptions {
    private final @Nullable List<String> techniques;
    private final @Nullable String budget;
    private final @Nullable Long seed;
    private final @Nullable Double minP;
    private final @Nullable Double repetitionPenalty;
    private final @Nullable List<String> pages;
    private final @Nullable String documentPassword;

    private FoveaChatOptions(Builder from) {
        super(
                from.model(),
                from.frequencyPenalty(),
                from.maxTokens(),
                from.presencePenalty(),
                from.stopSequences(),
                from.temperature(),
                from.topK(),
                from.topP());
        this.techniques = from.techniques == null ? null : List.copyOf(from.techniques);
        this.budget = from.budget;
        this.seed = from.seed;
        this.minP = from.minP;
        this.repetitionPenalty = from.repetitionPenalty;
        this.pages = from.pages == null ? null : List.copyOf(from.pages);
        this.documentPassword = from.documentPassword;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Techniques as typed on a command line: {@code id} or {@code id:knob=value,...}; an empty list is the plain model. */
    public @Nullable List<String> getTechniques() {
        return techniques;
    }

    /** Visual tokens to spend: {@code 64}, {@code 25%} or {@code full}. */
    public @Nullable String getBudget() {
        return budget;
    }

    /** Where sampling begins; the same seed gives the same answer. */
    public @Nullable Long getSeed() {
        return seed;
    }

    /** Tokens at least this fraction as likely as the likeliest are kept. */
    public @Nullable Double getMinP() {
        return minP;
    }

    /** Above 1 makes tokens that were already there less likely. */
    public @Nullable Double getRepetitionPenalty() {
        return repetitionPenalty;
    }

    /** Pages of PDF documents, such as {@code 1,3-5} or {@code 7-}: one choice for all documents, or one for each. */
    public @Nullable List<String> getPages() {
        return pages;
    }

    /** The password of encrypted PDF documents. */
    public @Nullable String getDocumentPassword() {
        return documentPassword;
    }

    @Override
    public Builder mutate() {
        return builder().override(this);
    }

    /** These, in the places of which the others say nothing. */
    FoveaChatOptions overriddenBy(@Nullable ChatOptions others) {
        return others == null ? this : mutate().override(others).build();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof FoveaChatOptions that
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

    /** Collects options. */
    public static final class Builder extends DefaultChatOptionsBuilder<Builder> {
        private @Nullable List<String> techniques;
        private @Nullable String budget;
        private @Nullable Long seed;
        private @Nullable Double minP;
        private @Nullable Double repetitionPenalty;
        private @Nullable List<String> pages;
        private @Nullable String documentPassword;

        private Builder() {}

        /** As typed on a command line; several act together, none is the plain model. */
        public Builder techniques(String... specs) {
            return techniques(List.of(specs));
        }

        /** As typed on a command line; several act together, none is the plain model. */
        public Builder techniques(@Nullable List<String> specs) {
            this.techniques = specs == null ? null : List.copyOf(specs);
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
        public Builder combineWith(ChatOptions.Builder<?> other) {
            return override(other.build());
        }

        /** Whatever the others say, in the place of what was said. */
        private Builder override(ChatOptions others) {
            model = or(others.getModel(), model);
            frequencyPenalty = or(others.getFrequencyPenalty(), frequencyPenalty);
            maxTokens = or(others.getMaxTokens(), maxTokens);
            presencePenalty = or(others.getPresencePenalty(), presencePenalty);
            stopSequences = or(others.getStopSequences(), stopSequences);
            temperature = or(others.getTemperature(), temperature);
            topK = or(others.getTopK(), topK);
            topP = or(others.getTopP(), topP);
            if (others instanceof FoveaChatOptions own) {
                budget = or(own.budget, own.techniques == null ? budget : null);
                techniques = or(own.techniques, techniques);
                seed = or(own.seed, seed);
                minP = or(own.minP, minP);
                repetitionPenalty = or(own.repetitionPenalty, repetitionPenalty);
                pages = or(own.pages, pages);
                documentPassword = or(own.documentPassword, documentPassword);
            }
            return this;
        }

        private static <T> @Nullable T or(@Nullable T value, @Nullable T usual) {
            return value == null ? usual : value;
        }

        @Nullable
        String model() {
            return model;
        }

        @Nullable
        Double frequencyPenalty() {
            return frequencyPenalty;
        }

        @Nullable
        Integer maxTokens() {
            return maxTokens;
        }

        @Nullable
        Double presencePenalty() {
            return presencePenalty;
        }

        @Nullable
        List<String> stopSequences() {
            return stopSequences;
        }

        @Nullable
        Double temperature() {
            return temperature;
        }

        @Nullable
        Integer topK() {
            return topK;
        }

        @Nullable
        Double topP() {
            return topP;
        }

        @Override
        public FoveaChatOptions build() {
            return new FoveaChatOptions(this);
        }
    }
}
