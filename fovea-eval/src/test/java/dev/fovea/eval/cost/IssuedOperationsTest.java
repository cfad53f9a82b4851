package dev.fovea.eval.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.Viewing;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Work;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cost model against what the model really multiplies. */
class IssuedOperationsTest {
    private static final Path ROOT = Path.of("../fovea-core/src/test/resources/golden");
    private static final double TOLERANCE = 2;

    private static VisionLanguageModel open(String name) {
        return VisionLanguageModel.open(
                ROOT.resolve(name), OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32));
    }

    @ParameterizedTest
    @CsvSource({
        "llava-mha, full, full",
        "llava-gqa, full, full",
        "llava-mha, random, 8",
        "llava-mha, pool, 4",
        "llava-mha, hiprune, 8",
        "llava-mha, vtc-cls, 8",
        "llava-mha, holov, 8",
        "llava-mha, todre, 8",
        "llava-mha, vflowopt, 50%",
        "llava-mha, visiondrop, 50%",
        "llava-mha, fastv, 50%",
        "llava-mha, feather, 60%",
        "llava-mha, pyramiddrop, 60%",
        "llava-mha, tome, 8",
        "llava-mha, turbo, 8",
        "llava-mha, flowcut, 8",
        "llava-gqa, fastv, 50%",
        "llava-mha, 'voco-llama:weights=untrained,mask=paper,n=3', 50%",
        "llava-gqa, pyramiddrop, 60%",
        "llava-mha, m3id, full",
        "llava-gqa, m3id, full",
        "llava-mha, 'vista:w=2', full",
        "llava-gqa, 'vista:form=stream,gamma=0', full",
        "qwen2-5-vl, m3id, full",
        "idefics3, vista, full",
        "qwen2-5-vl, full, full",
        "qwen2-5-vl, hiprune, 50%",
        "qwen2-5-vl, fastv, 50%",
        "idefics3, full, full",
        "idefics3, visiondrop, 60%",
        "smolvlm, fastv, 50%"
    })
    void countsWhatIsIssued(String name, String technique, String budget) {
        RgbImage picture = new PictureReader()
                .read(ROOT.resolve("llava-mha/images/wide.png"))
                .image();
        try (VisionLanguageModel model = open(name)) {
            Plan plan = model.plan(List.of(technique), Budget.parse(budget), 1);
            AskOptions options = AskOptions.defaults().withPlan(plan).withMaxTokens(5);
            long encoder;
            long rest;
            Answer answer;
            try (Work issued = Work.count();
                    Viewing viewing = model.view(List.of(picture), options)) {
                encoder = issued.flops();
                answer = viewing.ask("How many red circles are there in the picture?");
                rest = issued.flops() - encoder;
            }
            int visual = answer.ledger().cachedTokens().getFirst();
            Load load = Load.of(
                    model.shape(),
                    plan,
                    answer.ledger(),
                    answer.promptTokens() - visual,
                    answer.tokens().size() == 5 ? 5 : answer.tokens().size() + 1);
            Ledger.Grid grid = answer.ledger().images().getFirst();
            Cost cost = CostModel.of(Families.read(ROOT.resolve(name)).description())
                    .forGrid(grid.rows(), grid.cols())
                    .cost(plan, load);
            assertThat((double) (encoder + rest))
                    .as("all, signals %d", cost.signals())
                    .isCloseTo((double) cost.total(), withinPercentage(TOLERANCE));
            assertThat((double) rest)
                    .as("behind the encoder")
                    .isCloseTo((double) (cost.total() - cost.encoderTotal()), withinPercentage(TOLERANCE + 2));
        }
    }
}
