package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.techniques.primitives.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code classify} from end to end on a tiny dual encoder with random weights: 16 visual tokens. */
class ClassifyTest {
    private static final Path CLIP = Run.MODEL.resolveSibling("clip");
    private static final Path WIDE = CLIP.resolve("images").resolve("wide.png");
    private static final Path TALL = CLIP.resolve("images").resolve("tall.png");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static Run classify(Object... more) {
        List<Object> args = new ArrayList<>(List.of("classify", "--model", CLIP));
        args.addAll(List.of(more));
        return Run.of(args.toArray());
    }

    /** Two folders that are called like labels, in their own spelling. */
    private Path sorted() throws IOException {
        Path stars = Files.createDirectories(folder.resolve("all/Red_Star"));
        Path rings = Files.createDirectories(folder.resolve("all/ring"));
        Files.copy(WIDE, stars.resolve("b.png"));
        Files.copy(TALL, stars.resolve("a.png"));
        Files.copy(TALL, rings.resolve("c.PNG"));
        Files.writeString(rings.resolve("notes.txt"), "no picture");
        return folder.resolve("all");
    }

    @Test
    void withoutTechniqueItIsTheDualEncodersSimilarity() {
        JsonNode json = classify(WIDE, TALL, "--labels", "star, ring,moon", "--template", "a {}", "--json")
                .json();
        assertThat(json.path("model").asText()).isEqualTo("clip");
        assertThat(json.path("labels")).hasSize(3);
        assertThat(json.path("accuracy").isNull()).isTrue();
        assertThat(json.path("failed")).isEmpty();
        List<String> labels = List.of("star", "ring", "moon");
        try (DualEncoder clip = DualEncoder.open(CLIP)) {
            for (int i = 0; i < 2; i++) {
                JsonNode picture = json.path("pictures").path(i);
                RgbImage image = new PictureReader().read(i == 0 ? WIDE : TALL).image();
                float[] p = Vectors.softmax(clip.similarity(List.of(image), List.of("a star", "a ring", "a moon"))
                        .data());
                for (JsonNode top : picture.path("top")) {
                    int label = labels.indexOf(top.path("label").asText());
                    assertThat(top.path("probability").doubleValue()).isEqualTo(Math.round(1e6 * p[label]) / 1e6);
                }
                assertThat(picture.path("top")).hasSize(3);
                assertThat(picture.path("label"))
                        .isEqualTo(picture.path("top").path(0).path("label"));
                assertThat(picture.path("visual_tokens").path("kept").intValue())
                        .isEqualTo(16);
            }
        }
    }

    @Test
    void foldersCalledLikeLabelsGiveAccuracy() throws IOException {
        Path all = sorted();
        Path labels = Files.writeString(folder.resolve("labels.txt"), "red star\n\nring\n");
        JsonNode json =
                classify(all, "--labels-file", labels, "--top", 1, "--json").json();
        assertThat(json.path("n").intValue()).isEqualTo(3);
        assertThat(json.path("accuracy").path("n").intValue()).isEqualTo(3);
        assertThat(json.path("pictures"))
                .extracting(
                        p -> Path.of(p.path("picture").asText()).getFileName().toString())
                .containsExactly("a.png", "b.png", "c.PNG");
        assertThat(json.path("pictures"))
                .extracting(p -> p.path("truth").asText())
                .containsExactly("red star", "red star", "ring");
        assertThat(json.path("pictures").path(0).path("top")).hasSize(1);

        Run people = classify(all, "--labels-file", labels);
        assertThat(people.code()).as(people.err()).isZero();
        assertThat(people.out()).contains("LABEL", "TRUTH", "red star", "of 3 right (95 % interval");
    }

    @Test
    void tcaSpendsTokensAndTheOrderOfTheStreamMatters() {
        Object[] tca = {"--labels", "star,ring", "-t", "tca", "-b", "50%", "--json"};
        JsonNode there = classify(join(tca, WIDE, TALL)).json();
        JsonNode back = classify(join(tca, TALL, WIDE)).json();
        assertThat(there.path("visual_tokens").path("kept").doubleValue()).isLessThanOrEqualTo(8);
        assertThat(there.path("pictures").path(0))
                .isNotEqualTo(back.path("pictures").path(1));
        // The first of a stream knows nothing of those behind it.
        assertThat(there.path("pictures").path(0))
                .isEqualTo(classify(join(tca, WIDE)).json().path("pictures").path(0));
        JsonNode again = classify(join(tca, WIDE, TALL)).json();
        assertThat(again.path("pictures")).isEqualTo(there.path("pictures"));
    }

    private static Object[] join(Object[] options, Object... files) {
        List<Object> all = new ArrayList<>(List.of(files));
        all.addAll(List.of(options));
        return all.toArray();
    }

    @Test
    void aTechniqueThatDoesNothingIsNoted() {
        Run run = classify(WIDE, "--labels", "star,ring", "-t", "tca");
        assertThat(run.code()).isZero();
        assertThat(run.err()).contains("leave the model alone").hasLineCount(1);
        Run plain = classify(WIDE, "--labels", "star,ring");
        assertThat(plain.err()).isEmpty();
        assertThat(run.out().lines().toList().get(1))
                .isEqualTo(plain.out().lines().toList().get(1));
    }

    @Test
    void anUnreadablePictureDoesNotStopTheOthers() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.png"), "nothing");
        Run run = classify(WIDE, broken, folder.resolve("missing.png"), TALL, "--labels", "star,ring", "--json");
        assertThat(run.code()).isEqualTo(ExitCode.INPUT);
        assertThat(run.err()).hasLineCount(2).contains("broken.png is not a picture", "missing.png does not exist");
        assertThat(run.json().path("pictures")).hasSize(2);
        assertThat(run.json().path("failed"))
                .extracting(f -> f.path("picture").asText())
                .containsExactly(
                        broken.toString(), folder.resolve("missing.png").toString());
        Run none = classify(broken, "--labels", "star,ring");
        assertThat(none.code()).isEqualTo(ExitCode.INPUT);
        assertThat(none.out()).isEmpty();
    }

    @Test
    void worldPicturesBringTheirOwnLabels() {
        JsonNode json = classify("--world", 6, "--by", "colour", "--json").json();
        assertThat(json.path("labels")).hasSize(10).extracting(JsonNode::asText).contains("purple");
        assertThat(json.path("accuracy").path("n").intValue()).isEqualTo(6);
        Run people = classify("--world", 3);
        assertThat(people.out()).contains("of 3 right").doesNotContain("PICTURE");
        JsonNode mixed = classify("--world", 6, "--shuffle", 1, "--json").json();
        assertThat(mixed.path("pictures"))
                .extracting(p -> p.path("picture").asText())
                .containsExactlyInAnyOrder("world-0", "world-1", "world-2", "world-3", "world-4", "world-5")
                .isNotEqualTo(List.of("world-0", "world-1", "world-2", "world-3", "world-4", "world-5"));
    }

    private static void fails(int code, String sentence, Run run) {
        assertThat(run.err()).contains(sentence).hasLineCount(1);
        assertThat(run.code()).isEqualTo(code);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void wrongCommandLinesAreOneSentence() throws IOException {
        fails(ExitCode.USAGE, "no labels to choose from", classify(WIDE));
        fails(ExitCode.USAGE, "only one label to choose from, 'star'", classify(WIDE, "--labels", "star"));
        fails(ExitCode.USAGE, "'star' is given twice", classify(WIDE, "--labels", "star,star"));
        fails(ExitCode.USAGE, "has no {}", classify(WIDE, "--labels", "a,b", "--template", "photo"));
        fails(ExitCode.USAGE, "nothing to classify", classify("--labels", "a,b"));
        fails(ExitCode.USAGE, "brings its own pictures", classify(WIDE, "--world", 3));
        fails(ExitCode.USAGE, "--world is 0", classify("--world", 0));
        fails(ExitCode.USAGE, "--top is 0", classify(WIDE, "--labels", "a,b", "--top", 0));
        fails(ExitCode.USAGE, "A budget needs a technique", classify(WIDE, "--labels", "a,b", "-b", "50%"));
        fails(
                ExitCode.USAGE,
                "'fastv' acts behind the encoder (decoder), where a dual encoder ends",
                classify(WIDE, "--labels", "a,b", "-t", "fastv", "-b", "50%"));
        fails(ExitCode.INPUT, "no file", classify(WIDE, "--labels-file", folder.resolve("none.txt")));
        fails(
                ExitCode.INPUT,
                "there is no picture in",
                classify(Files.createDirectories(folder.resolve("empty")), "--labels", "a,b"));
    }

    @Test
    void aModelWithoutTextTowerIsRefused() {
        fails(
                ExitCode.MODEL,
                "a CLIP or SigLIP checkpoint is needed here",
                Run.of("classify", WIDE, "--labels", "a,b", "--model", Run.MODEL));
        fails(ExitCode.MODEL, "the default model is missing", Run.of("classify", WIDE, "--labels", "a,b"));
    }

    @Test
    void ctrlCSaysHowFarItCame() {
        Interruption interruption = new Interruption();
        interruption.request();
        Run run = Run.with("", interruption, "classify", "--model", CLIP, "--world", 5, "--json");
        assertThat(run.code()).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("stopped after 0 of 5 pictures");
    }
}
