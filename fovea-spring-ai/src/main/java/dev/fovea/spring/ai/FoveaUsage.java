package dev.fovea.spring.ai;

import dev.fovea.core.BatchAnswer;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.Usage;

/**
 * Tokens of a prompt and its answer, and among them the visual ones.
 *
 * @param answer what was answered, with its ledger and timings
 */
public record FoveaUsage(BatchAnswer answer) implements Usage {
    @Override
    public Integer getPromptTokens() {
        return answer.answer().promptTokens();
    }

    @Override
    public Integer getCompletionTokens() {
        return answer.answer().tokens().size();
    }

    /** Visual tokens of the plain model. */
    public int getVisualTokens() {
        return answer.answer().ledger().plainTotal();
    }

    /** Visual tokens that were left behind the last station. */
    public int getKeptVisualTokens() {
        return answer.answer().ledger().kept();
    }

    @Override
    public @Nullable Object getNativeUsage() {
        return answer;
    }
}
