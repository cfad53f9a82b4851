package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The plain model against transformers. */
class PlainParityTest {
    private static final List<String> PROMPTS =
            List.of("one_image", "two_images", "two_turns", "two_turns_two_images", "text_only");

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void featuresAndConnector(String name) {
        Golden golden = Golden.of(name);
        List<EncodedImage> images =
                golden.engine.encode(List.of(golden.image(0, PlanRun.plain()), golden.image(1, PlanRun.plain())));
        float[] selected = golden.floats("vision.selected");
        int each = selected.length / 2;
        for (int i = 0; i < 2; i++) {
            boolean cls = golden.model.clsIsFeature();
            var features = images.get(i).features().get();
            var own = cls ? features : features.narrow(0, 1, features.size(0) - 1);
            Golden.assertClose(
                    Tensors.floats(own), Arrays.copyOfRange(selected, i * each, (i + 1) * each), "features of " + i);
            var projected = golden.model.connector().project(own);
            float[] expected = golden.floats("vision.projected");
            int width = expected.length / 2;
            Golden.assertClose(
                    Tensors.floats(projected), Arrays.copyOfRange(expected, i * width, (i + 1) * width), "projected");
        }
    }

    @ParameterizedTest
    @CsvSource({"llava-mha,84x84", "llava-mha,56x84", "llava-gqa,84x84", "llava-gqa,56x84"})
    void positionsAreInterpolatedForOtherSizes(String name, String size) {
        Golden golden = Golden.of(name);
        var embedded = golden.model.vision().embed(golden.tensor("interpolated." + size + ".pixel_values"));
        Golden.assertClose(Tensors.floats(embedded), golden.floats("interpolated." + size + ".embeddings"), size);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void greedyTokensAndLogits(String name) {
        Golden golden = Golden.of(name);
        for (String prompt : PROMPTS) {
            int[] expected = golden.continuation(prompt);
            float[] logits = golden.floats("greedy." + prompt + ".logits");
            int vocabulary = logits.length / expected.length;
            PromptState state = golden.read(prompt, PlanRun.plain());
            for (int step = 0; step < expected.length; step++) {
                Golden.assertClose(
                        state.logits(),
                        Arrays.copyOfRange(logits, step * vocabulary, (step + 1) * vocabulary),
                        prompt + " step " + step);
                assertThat(Golden.argmax(state.logits())).isEqualTo(expected[step]);
                golden.engine.extend(List.of(state), List.of(new int[] {expected[step]}));
            }
            state.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void promptsOfDifferentLengthsAnswerTogetherAsAlone(String name) {
        Golden golden = Golden.of(name);
        List<PathEngine.Prompt> prompts = PROMPTS.stream()
                .map(p -> new PathEngine.Prompt(
                        p + ".", golden.ids(p), golden.encode(p, PlanRun.plain()), PlanRun.plain(), 8))
                .toList();
        List<PromptState> together = golden.engine.prefill(prompts);
        for (int step = 0; step < 6; step++) {
            for (int i = 0; i < together.size(); i++) {
                float[] logits = golden.floats("greedy." + PROMPTS.get(i) + ".logits");
                int vocabulary = together.get(i).logits().length;
                if ((step + 1) * vocabulary <= logits.length) {
                    Golden.assertClose(
                            together.get(i).logits(),
                            Arrays.copyOfRange(logits, step * vocabulary, (step + 1) * vocabulary),
                            PROMPTS.get(i) + " step " + step);
                }
            }
            int now = step;
            List<int[]> next = IntStream.range(0, together.size())
                    .mapToObj(i -> golden.continuation(PROMPTS.get(i)))
                    .map(c -> new int[] {c[Math.min(now, c.length - 1)]})
                    .toList();
            golden.engine.extend(together, next);
        }
        together.forEach(PromptState::close);
    }

    @Test
    void aPrefixIsReadOnceAndContinued() {
        Golden golden = Golden.mha();
        int[] ids = golden.ids("two_turns");
        PromptState whole = golden.read("two_turns", PlanRun.plain());
        PromptState parts = golden.engine
                .prefill(List.of(new PathEngine.Prompt(
                        "", Arrays.copyOf(ids, 12), golden.encode("two_turns", PlanRun.plain()), PlanRun.plain(), 4)))
                .getFirst();
        golden.engine.extend(List.of(parts), List.of(Arrays.copyOfRange(ids, 12, ids.length)));
        Golden.assertClose(parts.logits(), whole.logits(), "continued");
        parts.truncate(9);
        golden.engine.extend(List.of(parts), List.of(Arrays.copyOfRange(ids, 9, ids.length)));
        Golden.assertClose(parts.logits(), whole.logits(), "truncated and continued");
    }
}
