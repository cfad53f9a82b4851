package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.AskOptions;
import dev.fovea.core.BatchAnswer;
import dev.fovea.core.BatchOptions;
import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.text.ChatMessage;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A second question about a picture goes on from what the first one left, where that changes no answer. */
class SecondQuestionTest {
    private static final Path MODEL = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "llava-next");

    /** Those that this small model and picture cannot have. */
    private static final Set<String> REFUSED = Set.of("tca", "adaptvision-scaling", "downsample");

    private static final RgbImage PICTURE =
            new PictureReader().read(MODEL.resolve("images/wide.png")).image();

    private static AskOptions options(List<String> techniques) {
        return AskOptions.defaults()
                .withTechniques(techniques, techniques.isEmpty() ? Budget.full() : Budget.share(0.5))
                .withMaxTokens(3);
    }

    private static BatchAnswer ask(ContinuousBatch batch, String question, AskOptions how) {
        return batch.submit(List.of(ChatMessage.of("user", 1, question)), List.of(PICTURE), how, "test")
                .answer()
                .join();
    }

    @Test
    void everyTechnique() {
        Set<String> reused = new TreeSet<>();
        OpenOptions f32 = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);
        try (VisionLanguageModel model = VisionLanguageModel.open(MODEL, f32);
                ContinuousBatch keeping = model.batch(BatchOptions.defaults());
                ContinuousBatch forgetting = model.batch(BatchOptions.defaults().withKept(0, 0))) {
            for (Technique technique : Models.techniques()) {
                String id = technique.card().id();
                if (!REFUSED.contains(id)) {
                    String knobs = Set.of("llava-sp", "vlora").contains(id) ? ",side=4" : "";
                    String spec = id + (technique.card().trained() ? ":weights=untrained" + knobs : "");
                    if (goesOn(keeping, forgetting, options(List.of(spec)))) {
                        reused.add(id);
                    }
                }
            }
            assertThat(goesOn(keeping, forgetting, options(List.of()))).isTrue();
        }
        assertThat(reused).contains("hiprune", "visiondrop", "tome", "divprune");
        assertThat(reused).doesNotContain("fastv", "pyramiddrop", "sparsevlm", "cdpruner", "dyvte");
    }

    /** Whether the second question went on; it is answered as if it had been the first in any case. */
    private static boolean goesOn(ContinuousBatch keeping, ContinuousBatch forgetting, AskOptions how) {
        ask(keeping, "What is it?", how);
        BatchAnswer second = ask(keeping, "How many red circles are there in the picture?", how);
        BatchAnswer alone = ask(forgetting, "How many red circles are there in the picture?", how);
        List<Generated.Token> expected = alone.answer().tokens();
        List<Generated.Token> actual = second.answer().tokens();
        assertThat(actual).as("%s", how.techniques()).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).id())
                    .as("%s", how.techniques())
                    .isEqualTo(expected.get(i).id());
            assertThat((double) actual.get(i).logProbability())
                    .as("%s", how.techniques())
                    .isCloseTo(expected.get(i).logProbability(), within(1e-4));
        }
        assertThat(alone.cachedTokens()).isZero();
        assertThat(second.answer().ledger().kept())
                .isEqualTo(alone.answer().ledger().kept());
        return second.cachedTokens() > 0;
    }
}
