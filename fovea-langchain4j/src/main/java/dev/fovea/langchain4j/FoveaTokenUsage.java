package dev.fovea.langchain4j;

import dev.fovea.core.BatchAnswer;
import dev.langchain4j.model.output.TokenUsage;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tokens of a request, and among them the visual ones: as many as the plain model would have, and as were kept. */
public final class FoveaTokenUsage extends TokenUsage {
    private final int visualTokenCount;
    private final int keptVisualTokenCount;
    private final int cachedTokenCount;

    private FoveaTokenUsage(@Nullable Integer input, @Nullable Integer output, int visual, int kept, int cached) {
        super(input, output);
        this.visualTokenCount = visual;
        this.keptVisualTokenCount = kept;
        this.cachedTokenCount = cached;
    }

    static FoveaTokenUsage of(BatchAnswer done) {
        return new FoveaTokenUsage(
                done.answer().promptTokens(),
                done.answer().tokens().size(),
                done.answer().ledger().plainTotal(),
                done.answer().ledger().kept(),
                done.cachedTokens());
    }

    /** Visual tokens of the plain model. */
    public int visualTokenCount() {
        return visualTokenCount;
    }

    /** Visual tokens that were left behind the last station. */
    public int keptVisualTokenCount() {
        return keptVisualTokenCount;
    }

    /** Tokens of the prompt that were still in the caches of an earlier one. */
    public int cachedTokenCount() {
        return cachedTokenCount;
    }

    @Override
    public FoveaTokenUsage add(@Nullable TokenUsage that) {
        if (that == null) {
            return this;
        }
        FoveaTokenUsage own = that instanceof FoveaTokenUsage fovea
                ? fovea
                : new FoveaTokenUsage(that.inputTokenCount(), that.outputTokenCount(), 0, 0, 0);
        return new FoveaTokenUsage(
                sum(inputTokenCount(), own.inputTokenCount()),
                sum(outputTokenCount(), own.outputTokenCount()),
                visualTokenCount + own.visualTokenCount,
                keptVisualTokenCount + own.keptVisualTokenCount,
                cachedTokenCount + own.cachedTokenCount);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof FoveaTokenUsage that
                && visualTokenCount == that.visualTokenCount
                && keptVisualTokenCount == that.keptVisualTokenCount
                && cachedTokenCount == that.cachedTokenCount;
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), visualTokenCount, keptVisualTokenCount, cachedTokenCount);
    }

    @Override
    public String toString() {
        return "FoveaTokenUsage{input=" + inputTokenCount() + ", output=" + outputTokenCount() + ", visual="
                + visualTokenCount + ", kept=" + keptVisualTokenCount + ", cached=" + cachedTokenCount + "}";
    }
}
