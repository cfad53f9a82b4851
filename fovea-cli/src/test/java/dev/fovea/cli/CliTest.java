package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything that needs no model. */
class CliTest {
    @TempDir
    Path folder;

    static List<String> commands() {
        return List.copyOf(new Cli(new Session(Terminal.ofProcess(), new Interruption(), Path.of("")))
                .commandLine()
                .getSubcommands()
                .keySet());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aCommandThatIsNamedIsDescribedAlone(String command) {
        Cli cli = new Cli(new Session(Terminal.ofProcess(), new Interruption(), folder));
        assertThat(cli.commandLine(command, "a word").getSubcommands()).containsOnlyKeys(command);
        assertThat(cli.commandLine("--debug", command).getSubcommands()).containsOnlyKeys(commands());
        assertThat(cli.commandLine(command + "s").getSubcommands()).containsOnlyKeys(commands());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHasHelpWithAnExample(String command) {
        Run run = Run.of(command, "--help");
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("Usage: fovea " + command)
                .contains("Example")
                .contains("fovea " + command);
        assertThat(run.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    @Test
    void helpListsTheCommandsAndTheExitCodes() {
        Run run = Run.of("--help");
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains(commands())
                .contains("130   stopped with Ctrl-C")
                .doesNotContain("\u001b");
    }

    @Test
    void versionIsOneLine() {
        Run run = Run.of("--version");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("fovea ").hasLineCount(1);
    }

    @Test
    void noCommandIsAUsageError() {
        Run run = Run.of();
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("Name a command").contains("ask").hasLineCount(1);
    }

    @Test
    void unknownCommandsAndOptionsAreOneSentenceWithTheNearestName() {
        Run command = Run.of("tecniques");
        assertThat(command.code()).isEqualTo(2);
        assertThat(command.err()).hasLineCount(1).contains("no command 'tecniques' (did you mean 'techniques'?)");
        Run more = Run.of("akk", Run.PICTURE, "Why?", "--json");
        assertThat(more.code()).isEqualTo(2);
        assertThat(more.err()).hasLineCount(1).contains("no command 'akk' (did you mean 'ask'?)");
        Run many = Run.of("techniques", "fastv", "tome");
        assertThat(many.code()).isEqualTo(2);
        assertThat(many.err()).hasLineCount(1).contains("'tome' is one argument too many");
        Run option = Run.of("eval", "--limt", "5");
        assertThat(option.code()).isEqualTo(2);
        assertThat(option.err()).hasLineCount(1).contains("--limt").contains("--limit");
    }

    @Test
    void techniquesAreATable() {
        Run run = Run.of("techniques");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("hiprune", "2508.00553", "fastv", "decoder");
        assertThat(run.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    @Test
    void techniquesAsJsonAreAList() {
        JsonNode list = Run.of("techniques", "--json").json();
        assertThat(list.isArray()).isTrue();
        assertThat(list).isNotEmpty().allSatisfy(t -> {
            assertThat(t.path("id").isTextual()).isTrue();
            assertThat(t.has("paper")).isTrue();
            assertThat(t.path("stations").isArray()).isTrue();
            assertThat(t.path("knobs").isArray()).isTrue();
        });
    }

    @Test
    void aCardShowsPaperStationsAndKnobs() {
        Run run = Run.of("techniques", "hiprune");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("https://arxiv.org/abs/2508.00553", "connector", "alpha", "0.1");
        assertThat(run.out()).contains("9/24", "1..L of L encoder layers", "Tokens kept per image, exactly.");
        assertThat(run.out()).contains("At full", "changes nothing", "Without a paired text tower");
        assertThat(Run.of("techniques", "tome").out()).contains("acts only with r");
        JsonNode json = Run.of("techniques", "hiprune", "--json").json();
        assertThat(json.path("id").textValue()).isEqualTo("hiprune");
        assertThat(json.path("budget").textValue()).isEqualTo("Tokens kept per image, exactly.");
        assertThat(json.path("substitutes").get(0).textValue()).startsWith("Without a paired text tower");
    }

    @Test
    void anUnknownTechniqueSuggestsTheNearest() {
        Run run = Run.of("techniques", "hipprune");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .contains("hipprune")
                .contains("did you mean 'hiprune'")
                .hasLineCount(1);
    }

    @Test
    void worldWritesADataSet() throws IOException {
        Path out = folder.resolve("world");
        Run run = Run.of("world", "--count", 2, "--out", out, "--size", 64, "--seed", 5, "--json");
        assertThat(run.code()).isZero();
        assertThat(run.json().path("count").intValue()).isEqualTo(2);
        for (JsonNode file : run.json().path("files")) {
            assertThat(out.resolve(file.textValue())).exists();
        }
        Run again = Run.of("world", "--count", 2, "--out", out);
        assertThat(again.code()).isEqualTo(5);
        assertThat(again.err()).contains("not empty").hasLineCount(1);
        assertThat(Files.readAllLines(out.resolve("scenes.jsonl"))).hasSize(2);
    }

    @Test
    void worldWritesLargerPicturesOnALargerCanvas() throws IOException {
        Path out = folder.resolve("large");
        Run run = Run.of("world", "--count", 1, "--out", out, "--size", 64, "--canvas", "3x1.5", "--json");
        assertThat(run.code()).isZero();
        assertThat(run.json().at("/canvas/1").doubleValue()).isEqualTo(1.5);
        BufferedImage picture = ImageIO.read(out.resolve("images/000000.png").toFile());
        assertThat(picture.getWidth()).isEqualTo(192);
        assertThat(picture.getHeight()).isEqualTo(96);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--count 0",
                "--count -3",
                "--count x",
                "--count 1 --size 3",
                "--count 1 --questions -1",
                "--count 1 --canvas 3",
                "--count 1 --canvas 5x1",
                "--count 1 --canvas 1.1.1x1",
                "--count 1 --canvas 2x2 --size 5000"
            })
    void worldRefusesWrongNumbers(String options) {
        Path out = folder.resolve("world");
        Run run = Run.of((Object[]) ("world --out " + out + " " + options).split(" ", -1));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).hasLineCount(1);
        assertThat(out).doesNotExist();
    }

    @Test
    void completionIsAScriptThatBashReads() throws Exception {
        Run run = Run.of("completion");
        assertThat(run.code()).isZero();
        Path script = Files.writeString(folder.resolve("completion"), run.out());
        assertThat(run.out()).contains("techniques", "--budget");
        if (Files.isExecutable(Path.of("/bin/bash"))) {
            Process bash = new ProcessBuilder("/bin/bash", "-n", script.toString()).start();
            assertThat(bash.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(bash.exitValue()).isZero();
        }
    }

    @Test
    void coloursFollowTheConvention() {
        assertThat(Terminal.wantsColours(Map.of())).isTrue();
        assertThat(Terminal.wantsColours(Map.of("NO_COLOR", ""))).isTrue();
        assertThat(Terminal.wantsColours(Map.of("NO_COLOR", "1"))).isFalse();
        assertThat(Terminal.wantsColours(Map.of("TERM", "dumb"))).isFalse();
    }

    @Test
    void wordsOfAModelCannotCommandATerminal() {
        Terminal seen = new Terminal(System.in, System.out, System.err, true, true, true, false, 100);
        Terminal piped = new Terminal(System.in, System.out, System.err, true, false, true, false, 100);
        String words = "two\u001b[2J\r\u009b5n\tstars\n\u2026";
        assertThat(seen.shown(words)).isEqualTo("two\ufffd[2J\ufffd\ufffd5n\tstars\n\u2026");
        assertThat(piped.shown(words)).isEqualTo(words);
    }

    @Test
    void tablesWrapTheirLastColumn() {
        assertThat(Table.wrap("one two three", 7)).containsExactly("one two", "three");
        assertThat(Table.wrap("extraordinary", 5)).containsExactly("extraordinary");
    }
}
