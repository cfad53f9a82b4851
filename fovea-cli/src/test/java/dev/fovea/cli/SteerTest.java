package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code steer} from end to end on a tiny checkpoint. */
class SteerTest {
    @TempDir
    Path folder;

    private Path pairs() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (String[] pair : new String[][] {{"Is there a star?", "yes", "no"}, {"What color is it?", "red", "blue"}}) {
            lines.append(
                    "{\"image\": \"wide.png\", \"question\": \"%s\", \"preferred\": \"%s\", \"dispreferred\": \"%s\"}%n"
                            .formatted((Object[]) pair));
        }
        Files.copy(Run.PICTURE, folder.resolve("wide.png"));
        return Files.writeString(folder.resolve("pairs.jsonl"), lines);
    }

    @Test
    void fitsAFileThatAskTakes() throws IOException {
        Path file = folder.resolve("v.safetensors");
        JsonNode json = Run.of(
                        "steer",
                        "fit",
                        "grains:k=3,steps=2",
                        "--model",
                        Run.MODEL,
                        "--pairs",
                        pairs(),
                        "--out",
                        file,
                        "--json")
                .json();
        assertThat(json.path("technique").textValue()).isEqualTo("grains");
        assertThat(json.path("pairs").intValue()).isEqualTo(2);
        assertThat(json.path("dtype").textValue()).isEqualTo("f32");
        assertThat(json.path("knobs").path("k").textValue()).isEqualTo("3");
        assertThat(json.path("figures").path("preference").isNumber()).isTrue();
        Run asked = Run.of(
                "ask",
                Run.PICTURE,
                "Is there a star?",
                "--model",
                Run.MODEL,
                "--technique",
                "grains:vector=" + file,
                "--max-tokens",
                3,
                "--json");
        assertThat(asked.json().path("steered").size()).isPositive();
        Run compared = Run.of(
                "steer",
                "compare",
                "--model",
                Run.MODEL,
                "--precision",
                "f32",
                "-t",
                "grains:lambda=2,vector=" + file,
                "-t",
                "grains:weights=untrained",
                "--limit",
                6,
                "--json");
        JsonNode all = compared.json();
        assertThat(all.path("questions").intValue()).isEqualTo(6);
        assertThat(all.path("contestants").size()).isEqualTo(3);
        assertThat(all.path("contestants").get(0).path("technique").isNull()).isTrue();
        assertThat(all.path("contestants").get(1).path("conflicting").path("n").intValue()
                        + all.path("contestants")
                                .get(1)
                                .path("agreeing")
                                .path("n")
                                .intValue())
                .isEqualTo(6);
    }

    /** Without --out the file lies where the technique finds it by itself. */
    @Test
    void fitsBesideTheModel() throws IOException {
        Path model = Run.copyOfModel(folder.resolve("model"));
        Run missing = Run.of("ask", Run.PICTURE, "?", "--model", model, "-t", "grains");
        assertThat(missing.code()).isEqualTo(2);
        assertThat(missing.err())
                .contains("needs steering vectors", "fovea steer fit grains --model")
                .hasLineCount(1);
        Run fitted = Run.of(
                "steer", "fit", "grains:k=2,steps=1,lambda=3", "--model", model, "--pairs", pairs(), "--count", 1);
        assertThat(fitted.code()).as(fitted.err()).isZero();
        assertThat(fitted.out()).contains("fitted to 1 pairs", "without-preferred", "use it with --technique grains");
        assertThat(model.resolve("techniques/grains/vector.safetensors")).exists();
        assertThat(Run.of("ask", Run.PICTURE, "?", "--model", model, "-t", "grains", "--max-tokens", 2)
                        .code())
                .isZero();
        Run listed = Run.of("techniques", "grains", "--model", model);
        assertThat(listed.out()).contains("has them:");
    }

    @Test
    void whatCannotBeFittedIsOneSentence() throws IOException {
        assertSays(2, "'vista' finds its vectors anew", "steer", "fit", "vista");
        assertSays(
                2,
                "'fastv' adds no vectors to hidden states; those that are fitted are: grains",
                "steer",
                "fit",
                "fastv");
        assertSays(2, "no technique 'grain'", "steer", "fit", "grain");
        assertSays(2, "must be in 1..10000", "steer", "fit", "grains:k=0");
        assertSays(2, "--out says where they go", "steer", "fit", "grains:vector=a.safetensors");
        assertSays(2, "--count is 0", "steer", "fit", "grains", "--count", 0);
        assertSays(2, "Name what to do: fit, compare", "steer");
        assertSays(5, "it is a folder; name a file", "steer", "fit", "grains", "--model", Run.MODEL, "--out", folder);
        assertSays(
                3,
                "cannot be read; check the path of the pairs",
                "steer",
                "fit",
                "grains",
                "--model",
                Run.MODEL,
                "--pairs",
                folder.resolve("none"),
                "--out",
                folder.resolve("v"));
        assertSays(2, "--limit is 0", "steer", "compare", "--limit", 0);
        assertSays(2, "There is no technique 'grain'", "steer", "compare", "-t", "grain");
        assertSays(
                4,
                "no such file is there",
                "steer",
                "compare",
                "--model",
                Run.MODEL,
                "-t",
                "grains:vector=" + folder.resolve("v"),
                "--limit",
                1);
    }

    private static void assertSays(int code, String sentence, Object... args) {
        Run run = Run.of(args);
        assertThat(run.err()).contains(sentence).hasLineCount(1);
        assertThat(run.code()).isEqualTo(code);
    }

    @Test
    void ctrlCKeepsWhatIsDone() throws IOException {
        Interruption interruption = new Interruption();
        interruption.request();
        Path file = folder.resolve("v.safetensors");
        Run run = Run.with(
                "",
                interruption,
                "steer",
                "fit",
                "grains:k=2,steps=1",
                "--model",
                Run.MODEL,
                "--pairs",
                pairs(),
                "--out",
                file);
        assertThat(run.code()).isEqualTo(130);
        assertThat(run.err()).contains("stopped; the same command goes on");
        assertThat(file).doesNotExist();
    }
}
