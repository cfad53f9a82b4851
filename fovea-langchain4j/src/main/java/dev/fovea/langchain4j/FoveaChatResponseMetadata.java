package dev.fovea.langchain4j;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.path.Ledger;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import org.jspecify.annotations.Nullable;

/** What an answer brings beside its words: among others what became of every visual token, and what it cost. */
public final class FoveaChatResponseMetadata extends ChatResponseMetadata {
    private final BatchAnswer details;

    private FoveaChatResponseMetadata(Builder builder, BatchAnswer details) {
        super(builder);
        this.details = details;
    }

    static Builder of(BatchAnswer details) {
        return new Builder(details);
    }

    /** What became of every visual token. */
    public Ledger ledger() {
        return details.answer().ledger();
    }

    /** Timings, log-probabilities of the tokens, and what came out of caches. */
    public BatchAnswer details() {
        return details;
    }

    @Override
    public FoveaTokenUsage tokenUsage() {
        return (FoveaTokenUsage) super.tokenUsage();
    }

    @Override
    public Builder toBuilder() {
        Builder builder = of(details);
        toBuilder(builder);
        return builder;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other) && other instanceof FoveaChatResponseMetadata that && details.equals(that.details);
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + details.hashCode();
    }

    /** Collects metadata about one answer. */
    public static final class Builder extends ChatResponseMetadata.Builder<Builder> {
        private final BatchAnswer details;

        private Builder(BatchAnswer details) {
            this.details = details;
            tokenUsage(FoveaTokenUsage.of(details));
        }

        @Override
        public FoveaChatResponseMetadata build() {
            return new FoveaChatResponseMetadata(this, details);
        }
    }
}
