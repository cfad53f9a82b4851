package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code speculate} and {@code bench --speculate} from end to end on a tiny checkpoint, with a draft that knows nothing. */
class SpeculateTest {
    private static final String DRAFT = "flash:weights=untrained,k=3,c=4";

    @TempDir
    Path folder;

    @Test
    void jsonSaysThatAnswersStayTheSame() {
        Run run = Run.of(
                "speculate",
                DRAFT,
                "--model",
                Run.MODEL,
                "--precision",
                "f32",
                "--questions",
                3,
                "--captions",
                2,
                "--draws",
                20,
                "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode json = run.json();
        assertThat(json.path("answers")).hasSize(4);
        for (JsonNode row : json.path("answers")) {
            assertThat(row.path("same")).isEqualTo(row.path("answers"));
            assertThat(row.path("others")).isEmpty();
            assertThat(row.path("draft").textValue()).startsWith("flash:weights=untrained");
            assertThat(row.path("tokens_per_pass").doubleValue()).isGreaterThanOrEqualTo(1);
            assertThat(row.path("decode_speed").doubleValue()).isPositive();
        }
        assertThat(json.path("drawn")).hasSize(2).allSatisfy(test -> {
            assertThat(test.path("draws").intValue()).isEqualTo(20);
            assertThat(test.path("p").doubleValue()).isBetween(1e-4, 1.0);
        });
    }

    @Test
    void peopleGetATable() {
        Run run = Run.of(
                "speculate",
                DRAFT,
                "--model",
                Run.MODEL,
                "-t",
                "hiprune",
                "-b",
                "50%",
                "--questions",
                2,
                "--captions",
                0,
                "--draws",
                0);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("TOKENS A PASS", "SAME", "world", "flash:weights=untrained,k=3,c=4");
    }

    @Test
    void wrongOptionsAreUsageErrors() {
        for (Object[] wrong : new Object[][] {
            {"speculate", "hiprune"},
            {"speculate", DRAFT, "--questions", -1},
            {"speculate", DRAFT, "--temperature", 0},
            {"bench", "--model", Run.MODEL, "--speculate", "fastv"},
            {"bench", "--model", Run.MODEL, "--speculate", DRAFT, "--pdm-h"}
        }) {
            Run run = Run.of(wrong);
            assertThat(run.code()).as(run.err()).isEqualTo(2);
            assertThat(run.err()).hasLineCount(1);
        }
        assertThat(Run.of("speculate", "flash", "--model", Run.MODEL).err()).contains("needs trained weights");
    }

    /** A bench whose answers are decoded with a draft has the scores of one without, and is another run. */
    @Test
    void benchDecodesWithADraft() {
        String[] common = {"bench", "--suite", "world", "--techniques", "full", "--limit", "4", "--precision", "f32"};
        Run plain = bench(common, folder.resolve("plain"));
        Run guessed = bench(common, folder.resolve("guessed"), "--speculate", DRAFT);
        assertThat(plain.code()).as(plain.err()).isZero();
        assertThat(guessed.code()).as(guessed.err()).isZero();
        JsonNode one = plain.json().path("standings").get(0);
        JsonNode other = guessed.json().path("standings").get(0);
        assertThat(other.path("score")).isEqualTo(one.path("score"));
        Run mixed = bench(common, folder.resolve("plain"), "--speculate", DRAFT);
        assertThat(mixed.code()).isNotZero();
    }

    private static Run bench(String[] common, Path out, String... more) {
        Object[] all = new Object[common.length + more.length + 5];
        System.arraycopy(common, 0, all, 0, common.length);
        System.arraycopy(more, 0, all, common.length, more.length);
        int at = common.length + more.length;
        all[at] = "--model";
        all[at + 1] = Run.MODEL;
        all[at + 2] = "--out";
        all[at + 3] = out;
        all[at + 4] = "--json";
        return Run.of(all);
    }
}
