package dev.fovea.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a request may choose beside LangChain4j's own parameters: how visual tokens are spent, and how the answer is
 * sampled. What is null is chosen by the model.
 *
 * <p>A request that names techniques and no budget spends all tokens that these leave, whatever the model's budget is.
 */
public final class FoveaChatRequestParameters extends DefaultChatRequestParameters {
    private final @Nullable List<String> techniques;
    private final @Nullable String budget;
    private final @Nullable Long seed;
    private final @Nullable Double minP;
    private final @Nullable Double repetitionPenalty;

    private FoveaChatRequestParameters(Builder builder) {
        super(builder);
        this.techniques = builder.techniques == null ? null : List.copyOf(builder.techniques);
        this.budget = builder.budget;
        this.seed = builder.seed;
        this.minP = builder.minP;
        this.repetitionPenalty = builder.repetitionPenalty;
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
                && Objects.equals(repetitionPenalty, that.repetitionPenalty);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), techniques, budget, seed, minP, repetitionPenalty);
    }

    @Override
    public String toString() {
        return "FoveaChatRequestParameters{techniques=" + techniques + ", budget=" + budget + ", seed=" + seed
                + ", minP=" + minP + ", repetitionPenalty=" + repetitionPenalty + ", " + super.toString() + "}";
    }

    /** Collects parameters. */
    public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {
        private @Nullable List<String> techniques;
        private @Nullable String budget;
        private @Nullable Long seed;
        private @Nullable Double minP;
        private @Nullable Double repetitionPenalty;

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

        @Override
        public FoveaChatRequestParameters build() {
            return new FoveaChatRequestParameters(this);
        }
    }
}
