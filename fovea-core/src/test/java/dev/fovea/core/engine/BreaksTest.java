package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Others go on in the breaks of a reading, and neither notices the other. */
class BreaksTest {
    private static final String PROMPT = "two_images";

    static List<String> names() {
        return FamilyGolden.ofEveryKind().stream()
                .filter(name -> FamilyGolden.of(name).prompts().contains(PROMPT))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void answersGoOnWhileAPromptIsReadUnderAPlan(String name) {
        FamilyGolden plain = FamilyGolden.of(name);
        PlanRun run = PlanRun.of(InBlocksTest.busy(false), PlanRun.Question.none(), null);
        for (int rows : new int[] {7, PathEngine.ROWS_AT_ONCE}) {
            FamilyGolden undisturbed = plain.takingAtOnce(rows);
            AtomicInteger fed = new AtomicInteger();
            try (PromptState alone = undisturbed.read(PROMPT, run);
                    PromptState first = plain.read(PROMPT, PlanRun.plain());
                    PromptState other = plain.read(PROMPT, PlanRun.plain());
                    PromptState read = undisturbed
                            .withBreaks((r, layers) -> {
                                if (fed.get() < 20) {
                                    plain.engine.answer(List.of(other), List.of(new int[] {fed.incrementAndGet()}));
                                }
                            })
                            .read(PROMPT, run)) {
                assertThat(read.logits()).isEqualTo(alone.logits());
                assertThat(read.ledger()).isEqualTo(alone.ledger());
                assertThat(fed).hasValueGreaterThanOrEqualTo(2);
                for (int token = 1; token <= fed.get(); token++) {
                    plain.engine.answer(List.of(first), List.of(new int[] {token}));
                }
                assertThat(other.logits()).isEqualTo(first.logits());
            }
        }
    }

    /** Rows over the layers that they pass, summed, are the tokens that were read. */
    @Test
    void breaksTellHowMuchHasBeenRead() {
        FamilyGolden plain = FamilyGolden.of("llava-mha");
        for (int rows : new int[] {7, 20, PathEngine.ROWS_AT_ONCE}) {
            double[] told = new double[1];
            FamilyGolden few = plain.takingAtOnce(rows);
            PathEngine.Prompt prompt = few.prompt(PROMPT, PlanRun.plain());
            PathEngine engine = few.withBreaks((r, layers) -> told[0] += (double) r / layers).engine;
            try (PromptState state = engine.prefill(List.of(prompt)).getFirst()) {
                assertThat(told[0]).isEqualTo(state.length(), within(1e-6));
                engine.extend(List.of(state), List.of(new int[] {5, 6, 7, 8, 9, 10, 11, 12, 13}));
                assertThat(told[0]).isEqualTo(state.length(), within(1e-6));
            }
        }
    }

    @Test
    void aBreakMayEndTheReading() {
        FamilyGolden plain = FamilyGolden.of("llava-mha");
        AtomicInteger breaks = new AtomicInteger();
        FamilyGolden ending = plain.withBreaks((rows, layers) -> {
            if (breaks.incrementAndGet() == 3) {
                throw new CancellationException("enough");
            }
        });
        assertThatThrownBy(() -> ending.read(PROMPT, PlanRun.plain()))
                .isInstanceOf(CancellationException.class)
                .hasMessage("enough");
        assertThat(breaks).hasValue(3);
        try (PromptState again = ending.read(PROMPT, PlanRun.plain());
                PromptState expected = plain.read(PROMPT, PlanRun.plain())) {
            assertThat(again.logits()).isEqualTo(expected.logits());
        }
    }
}
