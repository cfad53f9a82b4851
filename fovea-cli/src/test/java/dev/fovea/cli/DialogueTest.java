package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jline.reader.Candidate;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.Parser;
import org.jline.terminal.TerminalBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands of a conversation, through a pipe, where answers stand alone on standard output. */
class DialogueTest {
    private static final String QUESTION = "How many red circles are there in the picture?";
    private static final Path TALL = Run.MODEL.resolve("images").resolve("tall.png");

    @TempDir
    Path folder;

    private static Run talk(String... lines) {
        return Run.with(
                String.join("\n", lines) + "\n",
                new Interruption(),
                "ask",
                Run.PICTURE,
                "--model",
                Run.MODEL,
                // The model knows 512 tokens of context, and its weights are random: it would talk on.
                "--max-tokens",
                "8");
    }

    @Test
    void techniquesAndBudgetsHoldFromTheNextQuestionOn() {
        Run run = talk(QUESTION, "/technique hiprune", "/budget 4", QUESTION, "/technique none", QUESTION);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines().filter(line -> line.contains("visual tokens")))
                .extracting(line -> line.substring(0, line.indexOf(" visual")))
                .containsExactly("16 of 16", "4 of 16", "16 of 16");
        assertThat(run.err()).contains("hiprune\n", "budget 4\n", "no technique: the plain model\n");
        Run asked = Run.of(
                "ask", Run.PICTURE, QUESTION, "--model", Run.MODEL, "-t", "hiprune", "-b", "4", "--max-tokens", "8");
        Run changed = talk("/technique hiprune", "/budget 4", QUESTION);
        assertThat(changed.out().lines().findFirst())
                .isEqualTo(asked.out().lines().findFirst());
    }

    @Test
    void onePictureMoreIsShownWithTheNextQuestionAndStays() {
        Run run = talk(QUESTION, "/image " + TALL, QUESTION, QUESTION, "/image");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines().filter(line -> line.contains("visual tokens")))
                .extracting(line -> line.substring(0, line.indexOf(" visual")))
                .containsExactly("16 of 16", "32 of 32", "32 of 32");
        assertThat(run.err())
                .contains("picture 2 (")
                .contains("picture 1 is " + Run.PICTURE)
                .contains("picture 2 is " + TALL);
    }

    @Test
    void overlaysAndTheConversationAreWritten() throws IOException {
        Path overlay = folder.resolve("with a space.png");
        Path json = folder.resolve("talk.json");
        Path text = folder.resolve("talk.txt");
        Run run =
                talk(QUESTION, "/overlay " + overlay, "/save " + json, "/save \"" + text + "\"", "/exit", "not asked");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(overlay).isRegularFile();
        JsonNode turns = new ObjectMapper().readTree(json.toFile());
        assertThat(turns).hasSize(2);
        assertThat(turns.path(0).path("role").asText()).isEqualTo("user");
        assertThat(turns.path(0).path("images").path(0).asText()).isEqualTo(Run.PICTURE.toString());
        assertThat(turns.path(0).path("text").asText()).isEqualTo(QUESTION);
        assertThat(turns.path(1).path("text").asText()).isEqualTo("re");
        assertThat(Files.readString(text))
                .isEqualTo("user: [" + Run.PICTURE + "] " + QUESTION + "\n\nassistant: re\n\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/imag x | there is no command '/imag' (did you mean '/image'?)",
                "/exit now | /exit takes nothing behind it",
                "/image nowhere.png | nowhere.png does not exist",
                "/image https://example.org/a.png | is an address, and Fovea opens files only",
                "/technique hipprune | did you mean 'hiprune'",
                "/technique hiprune:alpha=ten | alpha",
                "/budget 0x10 | Cannot read the budget '0x10'",
                "/budget 0 | at least 1 visual token",
                "/overlay o.png | there is no answer yet",
                "/overlay | /overlay needs the name of a file",
                "/save | /save needs the name of a file",
                "/save /proc/none/talk.txt | cannot be written",
            })
    void whatIsWrongIsSaidAndTheConversationGoesOn(String line, String says) {
        Run run = talk(line, QUESTION);
        assertThat(run.err()).startsWith("fovea: ").contains(says).hasLineCount(1);
        assertThat(run.out()).startsWith("re\n");
        assertThat(run.code()).isNotZero();
    }

    @Test
    void aQuestionMayBeginWithASlashBehindASpace() {
        assertThat(talk(" /help?").out()).contains("visual tokens");
        assertThat(talk("/help").out())
                .contains("/overlay FILE", "Ctrl-C stops an answer")
                .doesNotContain("tokens)");
    }

    /** Ctrl-C during an answer, as the line editor's handler sees it. */
    @Test
    void ctrlCEndsTheAnswerNotTheConversation() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Interruption interruption = new Interruption();
        PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        Terminal terminal =
                new Terminal(new ByteArrayInputStream(new byte[0]), printed, printed, false, false, false, false, 100);
        Session session = new Session(terminal, interruption, Path.of(""));
        dev.fovea.core.generate.GenerationListener listener = new dev.fovea.core.generate.GenerationListener() {
            @Override
            public boolean cancelled() {
                return interruption.requested();
            }
        };
        SpendingOptions spending = new SpendingOptions();
        dev.fovea.core.AskOptions options = dev.fovea.core.AskOptions.defaults().withListener(listener);
        int[] asked = {0};
        try (var model = dev.fovea.core.VisionLanguageModel.open(Run.MODEL);
                var conversation = model.converse(options, dev.fovea.core.Conversation.Policy.LOOK_AGAIN)) {
            Dialogue dialogue = new Dialogue(
                    session,
                    model,
                    conversation,
                    new Dialogue.Opened(
                            new ArrayList<>(List.of(Run.PICTURE)),
                            new ArrayList<>(List.of(new dev.fovea.core.image.PictureReader()
                                    .read(Run.PICTURE)
                                    .image())),
                            file -> {
                                throw new IllegalStateException();
                            }),
                    options,
                    spending,
                    new Destinations(null, null),
                    files -> new AskOutput(
                            terminal,
                            "tiny",
                            14,
                            spending,
                            files,
                            dev.fovea.core.overlay.Overlay.Style.TOKENS,
                            false,
                            false,
                            false),
                    true);
            QuestionSource lines =
                    new QuestionSource.Lines(new BufferedReader(new StringReader(QUESTION + "\n" + QUESTION + "\n")));
            int code = dialogue.run(lines, (c, images, text) -> {
                if (asked[0]++ == 0) {
                    interruption.request();
                }
                return c.ask(images, text);
            });
            assertThat(code).isZero();
        }
        assertThat(asked[0]).isEqualTo(2);
        assertThat(interruption.requested()).isFalse();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains(" ms, 0 tokens")
                .containsPattern(" ms, [1-9]\\d* tokens?\\R");
    }

    private static List<String> completions(String line) throws IOException {
        LineReader reader = LineReaderBuilder.builder()
                .terminal(TerminalBuilder.builder()
                        .system(false)
                        .type("dumb")
                        .streams(new ByteArrayInputStream(new byte[0]), new ByteArrayOutputStream())
                        .build())
                .build();
        List<Candidate> candidates = new ArrayList<>();
        new SlashCompleter()
                .complete(
                        reader, new SlashParser().parse(line, line.length(), Parser.ParseContext.COMPLETE), candidates);
        return candidates.stream().map(Candidate::value).toList();
    }

    @Test
    void commandsFilesTechniquesAndBudgetsAreCompleted() throws IOException {
        assertThat(completions("/im")).contains("/image", "/exit");
        assertThat(completions("what /im")).isEmpty();
        assertThat(completions("/technique ")).contains("hiprune", "none");
        assertThat(completions("/technique hiprune att")).contains("hiprune attention-rebalancing");
        assertThat(completions("/budget ")).contains("25%");
        Files.writeString(folder.resolve("two words.png"), "");
        assertThat(completions("/image " + folder + "/two w")).contains(folder + "/two words.png");
        assertThat(completions("/help ")).isEmpty();
    }
}
