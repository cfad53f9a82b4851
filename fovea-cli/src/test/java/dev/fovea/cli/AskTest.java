package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.weights.Checkpoint;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ask} from end to end on a tiny checkpoint. */
class AskTest {
    private static final String QUESTION = "How many red circles are there in the picture?";

    @TempDir
    Path folder;

    @Test
    void answersLikeTheReferenceAndSaysWhatItCost() {
        Run run = ask(QUESTION);
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().toList().get(0)).isEqualTo("re");
        assertThat(run.out().lines().toList().get(1))
                .matches(
                        "16 of 16 visual tokens \\(100\\.0 %\\) · (encoder \\d+ ms · )?prefill \\d+ ms · decode \\d+ ms, 1 token");
    }

    @Test
    void whatWasSteeredAndReadBesideIsTold() {
        JsonNode json = ask(QUESTION, "--technique", "vista:gamma=0", "--technique", "m3id:alpha=2", "--json")
                .json();
        assertThat(json.path("steered")).hasSize(4);
        JsonNode first = json.path("steered").get(0);
        assertThat(first.path("station").textValue()).isEqualTo("residual[0, mlp]");
        assertThat(first.path("push").textValue()).isEqualTo("unit");
        assertThat(first.path("strength").doubleValue()).isEqualTo(0.17);
        assertThat(json.path("branches")).hasSize(3);
        JsonNode last = json.path("branches").get(2);
        assertThat(last.path("branch").textValue()).isEqualTo("without-pictures");
        assertThat(last.path("answers").booleanValue()).isTrue();
        assertThat(last.path("visual_per_layer").get(0).intValue()).isZero();
    }

    @Test
    void jsonIsOneStableObject() {
        JsonNode json = ask(QUESTION, "--technique", "hiprune", "--budget", "4", "--json")
                .json();
        assertThat(json.path("visual_tokens").path("total").intValue()).isEqualTo(16);
        assertThat(json.path("visual_tokens").path("kept").intValue()).isEqualTo(4);
        assertThat(json.path("visual_tokens").path("dropped").intValue()).isEqualTo(12);
        assertThat(json.path("answer").isTextual()).isTrue();
        assertThat(json.path("prefill_ms").isNumber()).isTrue();
        assertThat(json.path("decode_ms").isNumber()).isTrue();
        assertThat(json.path("question").textValue()).isEqualTo(QUESTION);
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly(
                        "model",
                        "question",
                        "answer",
                        "finish",
                        "techniques",
                        "budget",
                        "visual_tokens",
                        "steered",
                        "branches",
                        "prompt_tokens",
                        "answer_tokens",
                        "log_probability",
                        "thought",
                        "speculation",
                        "encoder_ms",
                        "prefill_ms",
                        "decode_ms",
                        "overlays",
                        "record");
    }

    /** Guesses of a draft that knows nothing change no answer, and it is told what they brought. */
    @Test
    void guessing() {
        JsonNode plain = ask(QUESTION, "--json").json();
        assertThat(plain.path("speculation").isNull()).isTrue();
        JsonNode guessed = ask(QUESTION, "--json", "--speculate", "flash:weights=untrained,k=2")
                .json();
        assertThat(guessed.path("answer")).isEqualTo(plain.path("answer"));
        assertThat(guessed.path("answer_tokens")).isEqualTo(plain.path("answer_tokens"));
        JsonNode told = guessed.path("speculation");
        assertThat(told.fieldNames())
                .toIterable()
                .containsExactly("passes", "tokens", "guessed", "accepted", "tokens_per_pass", "draft_ms");
        assertThat(told.path("passes").intValue()).isPositive();
        Run people = ask("Describe the picture.", "--speculate", "flash:weights=untrained", "--max-tokens", 9);
        assertThat(people.out()).containsPattern("tokens? in \\d+ passe?s?, \\d\\.\\d tokens each");
    }

    @Test
    void wrongDraftsAreOneSentence() {
        for (String[] wrong : new String[][] {
            {"flahs", "did you mean 'flash'"},
            {"hiprune", "guesses no tokens"},
            {"flash:k=99", "must be in 1..16"},
            {"flash", "needs trained weights"},
            {"flash:weights=" + folder, "train"}
        }) {
            Run run = ask(QUESTION, "--speculate", wrong[0]);
            assertThat(run.code()).as(run.err()).isIn(2, 3, 4);
            assertThat(run.err()).contains(wrong[1]).hasLineCount(1);
        }
        Run technique = ask(QUESTION, "--technique", "flash:weights=untrained");
        assertThat(technique.code()).as(technique.err()).isEqualTo(2);
        assertThat(technique.err()).contains("--speculate flash").hasLineCount(1);
        Run logits = ask(QUESTION, "--technique", "m3id", "--speculate", "flash:weights=untrained");
        assertThat(logits.code()).as(logits.err()).isEqualTo(3);
        assertThat(logits.err()).contains("m3id").contains("guessed ahead").hasLineCount(1);
    }

    @Test
    void theFullBudgetChangesNothing() {
        JsonNode plain = ask(QUESTION, "--json").json();
        JsonNode full = ask(QUESTION, "--json", "--technique", "hiprune", "--budget", "full")
                .json();
        assertThat(full.path("log_probability")).isEqualTo(plain.path("log_probability"));
    }

    @Test
    void streamingPrintsTheSameAnswer() {
        assertThat(ask(QUESTION, "--stream").out().lines().findFirst()).contains("re");
    }

    @Test
    void severalPicturesAndAnOverlayOfEach() throws IOException {
        Path overlay = folder.resolve("kept.png");
        Path second = Run.MODEL.resolve("images/tall.png");
        Run run = Run.of(
                "ask",
                Run.PICTURE,
                second,
                "Which one?",
                "--model",
                Run.MODEL,
                "-t",
                "hiprune",
                "-b",
                "50%",
                "--overlay",
                overlay,
                "--heat",
                "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().path("visual_tokens").path("total").intValue()).isEqualTo(32);
        assertThat(run.json().path("visual_tokens").path("kept").intValue()).isEqualTo(16);
        for (String name : List.of("kept-1.png", "kept-2.png")) {
            BufferedImage image = ImageIO.read(folder.resolve(name).toFile());
            assertThat(Math.max(image.getWidth(), image.getHeight())).isGreaterThanOrEqualTo(640);
        }
        assertThat(run.json().path("overlays")).hasSize(2);
    }

    @Test
    void recordsEverySignalDecisionAndTheLedger() {
        Path file = folder.resolve("run.safetensors");
        Run run = ask(QUESTION, "-t", "fastv", "-b", "8", "--record", file);
        assertThat(run.code()).as(run.err()).isZero();
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertThat(checkpoint.names()).contains("ledger.fate", "ledger.survivor.anchor", "ledger.decoder_tokens");
            assertThat(checkpoint.names()).anyMatch(n -> n.contains("decoder[") && n.endsWith(".keep"));
            assertThat(checkpoint.names()).anyMatch(n -> n.contains("DecoderAttention"));
        }
    }

    @Test
    void questionsFromAPipeAreOneConversation() {
        Run run = Run.with(
                QUESTION + "\n\nAnd how many blue ones?\n",
                new Interruption(),
                "ask",
                Run.PICTURE,
                "--model",
                Run.MODEL);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("re\n").hasLineCount(4);
    }

    @Test
    void aPipeWithoutAQuestionIsAUsageError() {
        Run run = Run.with(" \n\n", new Interruption(), "ask", Run.PICTURE, "--model", Run.MODEL);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("no question was asked").hasLineCount(1);
    }

    @Test
    void aQuestionOfAPipeThatCannotBeAskedDoesNotStopTheOthersButCounts() {
        String questions = "red circle ".repeat(400) + "\n" + QUESTION + "\n";
        Run run = Run.with(questions, new Interruption(), "ask", Run.PICTURE, "--model", Run.MODEL);
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("shorten it").hasLineCount(1);
        assertThat(run.out()).startsWith("re\n").hasLineCount(2);
    }

    @Test
    void ctrlCEndsTheAnswerCleanly() {
        Interruption interruption = new Interruption();
        interruption.request();
        Path overlay = folder.resolve("never.png");
        Run run = Run.with("", interruption, "ask", Run.PICTURE, QUESTION, "--model", Run.MODEL, "--overlay", overlay);
        assertThat(run.code()).isEqualTo(130);
        assertThat(overlay).doesNotExist();
        assertThat(run.err()).doesNotContain("unexpected");
    }

    @Test
    void everyKindOfPictureIsUnderstood() throws IOException {
        for (String name : List.of("jpeg-cmyk-72x60.jpg", "rgb-16-bit-58x70.png", "palette-transparent-62x75.png")) {
            Run run = Run.of("ask", Run.PICTURES.resolve(name), QUESTION, "--model", Run.MODEL);
            assertThat(run.code()).as(name + run.err()).isZero();
        }
        Path animated = folder.resolve("animated.gif");
        Files.write(animated, twoFrames());
        Run run = Run.of("ask", animated, QUESTION, "--model", Run.MODEL);
        assertThat(run.code()).isZero();
        assertThat(run.err()).contains("2 frames").contains("only the first");
    }

    /** Arguments after {@code ask}, the exit code, and what the one sentence must contain. */
    record Wrong(List<Object> args, int code, List<String> says) {
        static Wrong of(int code, List<String> says, Object... args) {
            return new Wrong(List.of(args), code, says);
        }
    }

    static Stream<Wrong> wrong() {
        Path p = Run.PICTURE;
        Path m = Run.MODEL;
        return Stream.of(
                Wrong.of(2, List.of("PICTURE")),
                Wrong.of(2, List.of("question is empty"), p, "  ", "--model", m),
                Wrong.of(3, List.of("missing.png", "does not exist"), "missing.png", QUESTION, "--model", m),
                Wrong.of(3, List.of("missing.jpg", "does not exist"), p, "missing.jpg", "--model", m),
                Wrong.of(3, List.of("folder"), m, QUESTION, "--model", m),
                Wrong.of(2, List.of("hiprune", "did you mean"), p, QUESTION, "-t", "hiprun", "--model", m),
                Wrong.of(2, List.of("alhpa", "alpha"), p, QUESTION, "-t", "hiprune:alhpa=1", "--model", m),
                Wrong.of(2, List.of("alpha", "0..1"), p, QUESTION, "-t", "hiprune:alpha=7", "--model", m),
                Wrong.of(2, List.of("knob=value"), p, QUESTION, "-t", "hiprune:alpha", "--model", m),
                Wrong.of(2, List.of("budget", "0"), p, QUESTION, "-t", "hiprune", "-b", "0", "--model", m),
                Wrong.of(2, List.of("budget", "-5"), p, QUESTION, "-t", "hiprune", "-b", "-5", "--model", m),
                Wrong.of(2, List.of("budget", "100 %"), p, QUESTION, "-t", "hiprune", "-b", "101%", "--model", m),
                Wrong.of(2, List.of("budget", "17", "16"), p, QUESTION, "-t", "hiprune", "-b", "17", "--model", m),
                Wrong.of(2, List.of("budget", "lots"), p, QUESTION, "-t", "hiprune", "-b", "lots", "--model", m),
                Wrong.of(2, List.of("budget", "NaN"), p, QUESTION, "-t", "hiprune", "-b", "NaN%", "--model", m),
                Wrong.of(2, List.of("budget", "1e3"), p, QUESTION, "-t", "hiprune", "-b", "1e3", "--model", m),
                Wrong.of(2, List.of("budget", "99999999999"), p, QUESTION, "-b", "99999999999", "--model", m),
                Wrong.of(2, List.of("--budget", "did you mean"), p, QUESTION, "--budgt", "4", "--model", m),
                Wrong.of(2, List.of("question is empty"), p, "", "--model", m),
                Wrong.of(2, List.of("needs a technique"), p, QUESTION, "-b", "4", "--model", m),
                Wrong.of(2, List.of("both act"), p, QUESTION, "-t", "fastv", "-t", "fastv", "-b", "4", "--model", m),
                Wrong.of(2, List.of("--overlay"), p, QUESTION, "--heat", "--model", m),
                Wrong.of(2, List.of("choose one"), p, QUESTION, "--json", "--stream", "--model", m),
                Wrong.of(2, List.of("--json needs a question"), p, "--json", "--model", m),
                Wrong.of(2, List.of("temperature"), p, QUESTION, "--temperature", "-1", "--model", m),
                Wrong.of(2, List.of("temperature", "NaN"), p, QUESTION, "--temperature", "NaN", "--model", m),
                Wrong.of(2, List.of("top-p"), p, QUESTION, "--top-p", "0", "--model", m),
                Wrong.of(2, List.of("top-p"), p, QUESTION, "--top-p", "1.5", "--model", m),
                Wrong.of(2, List.of("min-p"), p, QUESTION, "--min-p", "-0.1", "--model", m),
                Wrong.of(2, List.of("top-k"), p, QUESTION, "--top-k", "-1", "--model", m),
                Wrong.of(2, List.of("repetition penalty"), p, QUESTION, "--repetition-penalty", "0", "--model", m),
                Wrong.of(2, List.of("--seed"), p, QUESTION, "--seed", "dice", "--model", m),
                Wrong.of(2, List.of("--stop"), p, QUESTION, "--stop", "", "--model", m),
                Wrong.of(2, List.of("--max-tokens"), p, QUESTION, "--max-tokens", "0", "--model", m),
                Wrong.of(2, List.of("--top-k"), p, QUESTION, "--top-k", "many", "--model", m),
                Wrong.of(
                        3,
                        List.of("2 image tokens for 1 picture"),
                        p,
                        "What is <image> here?",
                        "--special-tokens",
                        "--model",
                        m),
                Wrong.of(3, List.of("tokens", "shorten"), p, "red circle ".repeat(400), "--model", m),
                Wrong.of(4, List.of("no model folder", "nowhere"), p, QUESTION, "--model", "nowhere"),
                Wrong.of(4, List.of("default model is missing", "--model"), p, QUESTION),
                Wrong.of(4, List.of("config.json"), p, QUESTION, "--model", Run.PICTURES),
                Wrong.of(5, List.of("cannot be written"), p, QUESTION, "--overlay", p + "/x.png", "--model", m),
                Wrong.of(5, List.of("written", "not a folder"), p, QUESTION, "--record", p + "/x/y", "--model", m),
                Wrong.of(5, List.of("it is a folder"), p, QUESTION, "--record", m, "--model", m),
                Wrong.of(5, List.of("it is a folder"), p, QUESTION, "--overlay", m, "--model", m),
                Wrong.of(2, List.of("written over"), p, QUESTION, "--overlay", p, "--model", m),
                Wrong.of(2, List.of("two files"), p, QUESTION, "--overlay", "x", "--record", "./x", "--model", m));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void wrongInputIsOneSentenceAndAStableCode(Wrong wrong) {
        Object[] args = Stream.concat(Stream.of("ask"), wrong.args.stream()).toArray();
        Run run = Run.of(args);
        assertThat(run.err()).startsWith("fovea: ").hasLineCount(1).contains(wrong.says);
        assertThat(run.code()).isEqualTo(wrong.code);
        assertThat(run.err()).doesNotContain("Exception").doesNotContain("\tat ");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void damagedPicturesAreOneSentence() throws IOException {
        byte[] png = Files.readAllBytes(Run.PICTURE);
        byte[] bomb = png.clone();
        for (int at : new int[] {16, 20}) {
            bomb[at] = 0;
            bomb[at + 1] = 0;
            bomb[at + 2] = (byte) (60_000 >> 8);
            bomb[at + 3] = (byte) 60_000;
        }
        assertRefused("empty.png", new byte[0], "is empty");
        assertRefused("short.png", java.util.Arrays.copyOf(png, png.length / 2), "truncated or damaged");
        assertRefused("text.png", "This is no picture.".getBytes(java.nio.charset.StandardCharsets.UTF_8), "not");
        assertRefused("bomb.png", bomb, "60000x60000");
    }

    private void assertRefused(String name, byte[] bytes, String says) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        Path overlay = folder.resolve("never.png");
        Run run = Run.of("ask", file, QUESTION, "--model", Run.MODEL, "--overlay", overlay);
        assertThat(run.code()).as(name).isEqualTo(3);
        assertThat(run.err())
                .startsWith("fovea: ")
                .hasLineCount(1)
                .contains(name)
                .contains(says);
        assertThat(overlay).doesNotExist();
    }

    @Test
    void damagedModelsAreOneSentence() throws IOException {
        Path shard = copyOfModel("truncated").resolve("model-00002-of-00002.safetensors");
        Files.write(shard, java.util.Arrays.copyOf(Files.readAllBytes(shard), 1000));
        assertBroken("truncated", "model-00002-of-00002.safetensors");

        Path missing = copyOfModel("missing");
        Files.delete(missing.resolve("model-00001-of-00002.safetensors"));
        assertBroken("missing", "model-00001-of-00002.safetensors");

        Path config = copyOfModel("disagrees").resolve("config.json");
        String text = Files.readString(config);
        assertThat(text).contains("\"vocab_size\": ");
        Files.writeString(config, text.replaceFirst("\"vocab_size\": \\d+", "\"vocab_size\": 777"));
        assertBroken("disagrees", "777");

        Files.writeString(copyOfModel("garbled").resolve("config.json"), "{ \"model_type\": ");
        assertBroken("garbled", "config.json");

        Files.delete(copyOfModel("wordless").resolve("tokenizer.json"));
        assertBroken("wordless", "tokenizer.json");
        Path blind = copyOfModel("blind");
        Files.delete(blind.resolve("preprocessor_config.json"));
        Files.delete(blind.resolve("processor_config.json"));
        assertBroken("blind", "preprocessor_config.json");
        Files.writeString(copyOfModel("babbling").resolve("tokenizer.json"), "{ \"version\": nope");
        assertBroken("babbling", "tokenizer.json");

        for (String header : List.of("\0\0\0\0\0\1\0\0{}", "\20\0\0\0\0\0\0\0{\"a\": {\"dtype\":", "")) {
            String name = "header " + header.length();
            Path weights = copyOfModel(name).resolve("model-00001-of-00002.safetensors");
            Files.writeString(weights, header);
            assertBroken(name, "model-00001-of-00002.safetensors");
        }
    }

    @Test
    void configAndWeightsThatDisagreeNameTheTensorAndBothShapes() throws IOException {
        Path config = copyOfModel("wide").resolve("config.json");
        String text = Files.readString(config);
        assertThat(text).contains("\"intermediate_size\": 64");
        Files.writeString(config, text.replace("\"intermediate_size\": 64", "\"intermediate_size\": 60"));
        Run run = Run.of("ask", Run.PICTURE, QUESTION, "--model", folder.resolve("wide"));
        assertThat(run.code()).isEqualTo(4);
        assertThat(run.err())
                .hasLineCount(1)
                .containsPattern("'[a-z_0-9.]+\\.weight'")
                .containsPattern("\\[64, \\d+\\]")
                .containsPattern("\\[60, \\d+\\]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{{ ''.getClass().forName('java.lang.Runtime').getRuntime().exec('touch pwned') }}",
                "{% if x %}",
                "no place for a picture"
            })
    void aHostileOrBrokenTemplateIsOneSentence(String template) throws IOException {
        Path model = copyOfModel("template");
        Files.writeString(model.resolve("chat_template.jinja"), template);
        assertBroken("template", "template");
    }

    @Test
    void aTemplateOfOnesOwnIsTakenAndAMissingOneAnnounced() throws IOException {
        Path own = Files.writeString(folder.resolve("own.jinja"), "{{ raise_exception('own \\x1b[2Jwords') }}");
        Run refused = ask(QUESTION, "--chat-template", own);
        assertThat(refused.code()).isEqualTo(4);
        assertThat(refused.err()).hasLineCount(1).contains("own \\u001b[2Jwords");
        Run unknown = ask(QUESTION, "--chat-template", "nope");
        assertThat(unknown.code()).isEqualTo(4);
        assertThat(unknown.err()).hasLineCount(1).contains("There is no chat template 'nope'", "names only default");
        Path model = copyOfModel("untemplated");
        Files.delete(model.resolve("chat_template.jinja"));
        Run announced = Run.of("ask", Run.PICTURE, QUESTION, "--model", model);
        assertThat(announced.code()).as(announced.err()).isZero();
        assertThat(announced.err()).contains("fovea: note: " + model + " has no chat template");
    }

    private Path copyOfModel(String name) throws IOException {
        return Run.copyOfModel(folder.resolve(name));
    }

    private void assertBroken(String name, String says) {
        Run run = Run.of("ask", Run.PICTURE, QUESTION, "--model", folder.resolve(name));
        assertThat(run.err()).as(name).startsWith("fovea: ").hasLineCount(1).contains(says);
        assertThat(run.code()).as(name).isEqualTo(4);
        assertThat(run.out()).isEmpty();
    }

    private static Run ask(String question, Object... more) {
        Object[] args = Stream.concat(Stream.of("ask", Run.PICTURE, question, "--model", Run.MODEL), Stream.of(more))
                .toArray();
        return Run.of(args);
    }

    private static byte[] twoFrames() throws IOException {
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        var writer = ImageIO.getImageWritersByFormatName("gif").next();
        try (var out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.prepareWriteSequence(null);
            for (int i = 0; i < 2; i++) {
                BufferedImage frame = new BufferedImage(60, 40, BufferedImage.TYPE_BYTE_GRAY);
                writer.writeToSequence(new javax.imageio.IIOImage(frame, null, null), null);
            }
            writer.endWriteSequence();
        }
        return bytes.toByteArray();
    }

    @Test
    void specialTokensInAQuestionAreTextUnlessAskedFor() {
        Run text = ask("Is <image> or </s> here?");
        assertThat(text.err()).doesNotContain("image tokens");
        assertThat(text.code()).isZero();
        Run special = ask("Is <image> here?", "--special-tokens");
        assertThat(special.code()).isEqualTo(ExitCode.INPUT);
        assertThat(special.err()).contains("2 image tokens for 1 picture").hasLineCount(1);
    }
}
