package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code eval} from end to end on a tiny checkpoint, which knows nothing. */
class EvalTest {
    @TempDir
    Path folder;

    @Test
    void jsonCountsEverySkill() {
        JsonNode json = eval("--limit", 30, "--json").json();
        assertThat(json.path("n").intValue()).isEqualTo(30);
        assertThat(json.path("accuracy").doubleValue()).isBetween(0.0, 0.5);
        int asked = 0;
        for (JsonNode skill : json.path("by_skill")) {
            asked += skill.path("n").intValue();
            assertThat(skill.path("low").doubleValue())
                    .isLessThanOrEqualTo(skill.path("accuracy").doubleValue());
        }
        assertThat(asked).isEqualTo(30);
        assertThat(json.path("visual_tokens").path("kept").doubleValue()).isEqualTo(16);
    }

    @Test
    void techniquesAndBudgetsApply() {
        JsonNode json = eval("--limit", 8, "-t", "hiprune", "-b", "25%", "--seed", 3, "--json")
                .json();
        assertThat(json.path("visual_tokens").path("kept").doubleValue()).isEqualTo(4);
        assertThat(json.path("seed").intValue()).isEqualTo(3);
    }

    @Test
    void peopleGetATable() {
        Run run = eval("--limit", 8, "--blind");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("SKILL", "95 % INTERVAL", "all", "blind");
    }

    @Test
    void wrongOptionsAreUsageErrors() {
        assertThat(eval("--limit", 0).code()).isEqualTo(2);
        assertThat(eval("--seed", -1).code()).isEqualTo(2);
        Run run = eval("-t", "fastw", "--limit", 4);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("fastv").hasLineCount(1);
    }

    @Test
    void whatIsToBeKnownAboutAModelIsSaidOnce() throws IOException {
        Path model = Run.copyOfModel(folder.resolve("model"));
        for (String name : new String[] {"processor_config.json", "preprocessor_config.json"}) {
            Path processor = model.resolve(name);
            Files.writeString(processor, Files.readString(processor).replace(": 56", ": 84"));
        }
        Run run = Run.of("eval", "--model", model, "--limit", 2);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).containsOnlyOnce("fovea: note: ").contains("6x6", "4x4", "interpolated");
    }

    @Test
    void ctrlCSaysHowFarItCame() {
        Interruption interruption = new Interruption();
        interruption.request();
        Run run = Run.with("", interruption, "eval", "--model", Run.MODEL, "--limit", 40);
        assertThat(run.code()).isEqualTo(130);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("stopped after").contains("of 40 questions");
    }

    private static Run eval(Object... more) {
        Object[] args = new Object[more.length + 3];
        args[0] = "eval";
        args[1] = "--model";
        args[2] = Run.MODEL;
        System.arraycopy(more, 0, args, 3, more.length);
        return Run.of(args);
    }
}
