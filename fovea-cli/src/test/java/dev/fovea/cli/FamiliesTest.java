package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands on models whose tokens are several patches and whose pictures are several images. */
class FamiliesTest {
    private static final Path GOLDEN = Run.MODEL.resolveSibling("").normalize();
    private static final String QUESTION = "How many red circles are there?";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "qwen2-vl, 6",
        "qwen2-5-vl, 6",
        "qwen2-5-vl-flat, 6",
        "qwen3-vl, 6",
        "qwen3-vl-first, 6",
        "idefics3, 40",
        "smolvlm, 10"
    })
    void askWithOverlayAndRecord(String name, int tokens) throws IOException {
        Path model = GOLDEN.resolve(name);
        Path overlay = folder.resolve("kept.png");
        Path record = folder.resolve("run.safetensors");
        Run run = Run.of(
                "ask",
                model.resolve("images/wide.png"),
                QUESTION,
                "--model",
                model,
                "-t",
                "visiondrop",
                "-b",
                "60%",
                "--max-tokens",
                4,
                "--overlay",
                overlay,
                "--heat",
                "--record",
                record,
                "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode visual = run.json().path("visual_tokens");
        assertThat(visual.path("total").intValue()).isEqualTo(tokens);
        // A tile of SmolVLM's is one token here, and each keeps at least one.
        int most = name.equals("smolvlm") ? tokens : tokens - 1;
        assertThat(visual.path("kept").intValue()).isBetween(1, most);
        BufferedImage image = ImageIO.read(overlay.toFile());
        assertThat(Math.max(image.getWidth(), image.getHeight())).isGreaterThanOrEqualTo(640);
        try (Checkpoint checkpoint = Checkpoint.open(record)) {
            int[] images = Tensors.ints(checkpoint.tensor("ledger.image"));
            boolean tiled = tokens != 6;
            assertThat(images).hasSize(tiled ? 50 : 5);
            // The overview comes last; a whole picture is of kind 0.
            assertThat(images[images.length - 4]).isEqualTo(tiled ? 2 : 0);
            assertThat(checkpoint.tensor("ledger.token").size(0)).isEqualTo(tokens);
        }
    }

    /** Tiles whose rows are interleaved, tiles in marks, and one view with its rows apart. */
    @ParameterizedTest
    @CsvSource({"llava-next, 64, 5", "llava-onevision, 40, 5", "internvl, 28, 7", "mistral3, 12, 1"})
    void askAboutRowsAndTiles(String name, int tokens, int images) throws IOException {
        Path model = GOLDEN.resolve(name);
        Path overlay = folder.resolve("kept.png");
        Path record = folder.resolve("run.safetensors");
        Run run = Run.of(
                "ask",
                model.resolve("images/wide.png"),
                QUESTION,
                "--model",
                model,
                "-t",
                "grid",
                "-b",
                tokens / 2,
                "--max-tokens",
                4,
                "--overlay",
                overlay,
                "--record",
                record,
                "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode visual = run.json().path("visual_tokens");
        assertThat(visual.path("total").intValue()).isEqualTo(tokens);
        assertThat(visual.path("kept").intValue()).isEqualTo(tokens / 2);
        assertThat(ImageIO.read(overlay.toFile()).getWidth()).isGreaterThanOrEqualTo(640);
        try (Checkpoint checkpoint = Checkpoint.open(record)) {
            assertThat(Tensors.ints(checkpoint.tensor("ledger.image"))).hasSize(5 * images);
            assertThat(checkpoint.tensor("ledger.token").size(0)).isEqualTo(tokens);
        }
    }

    @Test
    void theDocumentHoldsTheTableThatTheCommandPrints() throws IOException {
        String document = Files.readString(CodeBlock.ROOT.resolve("docs/families.md"));
        assertThat(document).contains(Run.of("families").out());
        JsonNode list = Run.of("families", "--json").json();
        assertThat(list.size()).isGreaterThan(100);
        assertThat(list.get(0).path("runs").booleanValue()).isTrue();
    }

    @Test
    void aTechniqueIsHeldAgainstAModel() {
        Run run = Run.of("techniques", "fastv", "--model", GOLDEN.resolve("mistral3"));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("ON MISTRAL3").contains("runs");
        JsonNode tca = Run.of("techniques", "tca", "--model", GOLDEN.resolve("mistral3"), "--json")
                .json();
        assertThat(tca.path("runs").booleanValue()).isFalse();
        assertThat(tca.path("refusal").textValue()).contains("'tca'");
        JsonNode all = Run.of("techniques", "--model", GOLDEN.resolve("llava-next"), "--json")
                .json();
        assertThat(all.findValuesAsText("runs")).contains("true", "false");
        Run missing = Run.of("techniques", "fastv", "--model", folder.resolve("nowhere"));
        assertThat(missing.code()).isNotZero();
        assertThat(missing.err()).hasLineCount(1).contains("nowhere");
    }

    @Test
    void compareDrawsTiles() {
        Path model = GOLDEN.resolve("idefics3");
        Path page = folder.resolve("page.html");
        Run run = Run.of(
                "compare",
                model.resolve("images/tall.png"),
                QUESTION,
                "--model",
                model,
                "--techniques",
                "hiprune,fastv",
                "-b",
                "50%",
                "--max-tokens",
                2,
                "--report",
                page);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("full model", "hiprune at 50%", "fastv at 50%");
        assertThat(page).isNotEmptyFile();
    }

    @ParameterizedTest
    @CsvSource({"qwen2-5-vl", "qwen3-vl", "idefics3"})
    void costFromTheConfigurationAlone(String name) {
        Run run = Run.of("cost", "--model", GOLDEN.resolve(name), "--techniques", "hiprune", "-b", "50%", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode contestants = run.json().path("contestants");
        int before = contestants.get(0).path("visual_tokens").get(0).intValue();
        assertThat(contestants.get(1).path("visual_tokens").get(0).intValue()).isEqualTo(before / 2);
        assertThat(contestants.get(1).path("prefill_flops").doubleValue()).isPositive();
    }

    @Test
    void framesOfAVideoAndAnOverlayOfEach() {
        Path model = GOLDEN.resolve("qwen3-vl");
        Path overlay = folder.resolve("kept.png");
        Object[] frames = IntStream.range(0, 5)
                .mapToObj(i -> model.resolve("frames/" + i + ".png"))
                .toArray();
        Run run = video(model, frames, "-t", "grid", "-b", "50%", "--overlay", overlay, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().at("/visual_tokens/total").intValue()).isEqualTo(18);
        assertThat(run.json().at("/visual_tokens/kept").intValue()).isEqualTo(9);
        for (int i = 1; i <= 5; i++) {
            assertThat(folder.resolve("kept-" + i + ".png")).isNotEmptyFile();
        }
        Run still = video(GOLDEN.resolve("idefics3"), new Object[] {frames[0]});
        assertThat(still.code()).isEqualTo(3);
        assertThat(still.err()).hasLineCount(1).contains("takes pictures, not videos");
        assertThat(Run.of("ask", frames[0], "What?", "--fps", "0", "--model", model)
                        .err())
                .hasLineCount(1)
                .contains("a positive number of frames a second");
        assertThat(Run.of("ask", "What is this?", "--fps", "2", "--model", model)
                        .err())
                .hasLineCount(1)
                .contains("--fps is about the frames of a video");
        Run more = Run.with(
                "What changes?\n/image " + frames[1] + "\n",
                new Interruption(),
                "ask",
                frames[0],
                "--fps",
                "1",
                "--model",
                model,
                "--max-tokens",
                2);
        assertThat(more.code()).isEqualTo(3);
        assertThat(more.err()).contains("this conversation is about a video");
    }

    private static Run video(Path model, Object[] frames, Object... more) {
        List<Object> args = new ArrayList<>(List.of("ask"));
        args.addAll(List.of(frames));
        args.addAll(List.of("What has changed?", "--fps", "2", "--model", model, "--max-tokens", 4));
        args.addAll(List.of(more));
        return Run.of(args.toArray());
    }

    @Test
    void aLanguageModelAnswersInWords() {
        Path model = GOLDEN.resolve("text-llama");
        Run run = Run.of("ask", "Is there a heart?", "--model", model, "--max-tokens", 5, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().at("/visual_tokens/total").intValue()).isZero();
        assertThat(run.json().path("answer_tokens").intValue()).isEqualTo(5);
        Run flagged = Run.of("ask", "-q", "Heart?", "--model", model, "--max-tokens", 5);
        assertThat(flagged.code()).as(flagged.err()).isZero();
        assertThat(flagged.out()).doesNotContain("visual tokens").contains("prefill");
        Run typed = Run.with("Is there a heart?\n", new Interruption(), "ask", "--model", model, "--max-tokens", 5);
        assertThat(typed.code()).as(typed.err()).isZero();

        Run shown = Run.of("ask", GOLDEN.resolve("llava-mha/images/wide.png"), "What?", "--model", model);
        assertThat(shown.code()).isEqualTo(3);
        assertThat(shown.err()).hasLineCount(1).contains("This model reads text alone");
        Run pruned = Run.of("ask", "Is there one?", "--model", model, "-t", "hiprune", "-b", "50%");
        assertThat(pruned.code()).isEqualTo(2);
        assertThat(pruned.err()).hasLineCount(1).contains("'hiprune'", "reads text alone");
        Run cost = Run.of("cost", "--model", model);
        assertThat(cost.code()).isNotZero();
        assertThat(cost.err()).hasLineCount(1).contains("reads text alone");
    }

    /** What a single argument is: a question if it has several words and is no file, else a picture. */
    @ParameterizedTest
    @CsvSource({"Is there one?, true", "no-such.png, false", "missing, false", "my photo.png, false"})
    void oneArgument(String argument, boolean question) {
        AskArguments asked = AskArguments.of(List.of(argument), null);
        assertThat(asked.question()).isEqualTo(question ? argument : null);
        assertThat(asked.pictures()).hasSize(question ? 0 : 1);
    }

    @Test
    void tilesBeyondTheContextAreToldInOneSentence() {
        Path model = GOLDEN.resolve("idefics3");
        Object[] args = new Object[36];
        args[0] = "ask";
        for (int i = 1; i <= 32; i++) {
            args[i] = model.resolve("images/wide.png");
        }
        args[33] = QUESTION;
        args[34] = "--model";
        args[35] = model;
        Run run = Run.of(args);
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).hasLineCount(1).contains("more than the 1024 that this model reads", "fewer images");
    }
}
