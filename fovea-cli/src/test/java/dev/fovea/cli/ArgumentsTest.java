package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers, names of files and streams as they should not be given. */
class ArgumentsTest {
    private static final String QUESTION = "How many red circles are there in the picture?";

    @TempDir
    Path folder;

    private static Run ask(Object... more) {
        List<Object> all = new ArrayList<>(List.of("ask", Run.PICTURE, QUESTION, "--model", Run.MODEL));
        all.addAll(List.of(more));
        return Run.of(all.toArray());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "ask p.png Q? --max-tokens ٣ | '٣' is not a whole number in digits",
                "ask p.png Q? --max-tokens 0x10 | '0x10' is not a whole number in digits",
                "ask p.png Q? --max-tokens 1e3 | '1e3' is not a whole number",
                "ask p.png Q? --max-tokens 2.5 | '2.5' is not a whole number",
                "ask p.png Q? --max-tokens 99999999999 | '99999999999' is out of range",
                "ask p.png Q? --top-k １２ | is not a whole number in digits",
                "ask p.png Q? --temperature 0x1p3 | '0x1p3' is not a number in digits",
                "ask p.png Q? --temperature NaN | 'NaN' is not a number",
                "ask p.png Q? --temperature 1f | '1f' is not a number",
                "ask p.png Q? --temperature 1e999 | '1e999' is out of range",
                "ask p.png Q? --top-p 0,9 | '0,9' is not a number",
                "ask p.png Q? --seed 0xF | '0xF' is not a whole number",
                "ask p.png Q? --seed 9223372036854775808 | is out of range",
                "eval --limit ۵ | is not a whole number in digits",
                "world --out w --count 1_000 | '1_000' is not a whole number",
                "train peek --threads 1.0 | '1.0' is not a whole number",
                "classify --world 0x5 | '0x5' is not a whole number",
                "classify --world 5 --noise ∞ | is not a number in digits",
                "bench --model MODEL --suite world=٣ | is not the number of an evaluation",
                "bench --model MODEL --limit 0 | --limit is 0; give at least 1",
                "tune vflowopt --samples 3/2 | '3/2' is not a whole number",
                "cost --text 6.4e1 | is not a whole number",
            })
    void numbersAreDigits(String line, String says) {
        Run run = Run.of((Object[]) line.replace("MODEL", Run.MODEL.toString()).split(" ", -1));
        assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains(says).hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "0", "1e-30", "0.000001", "-0"})
    void noTemperatureAndNextToNoneAreGreedy(String temperature) {
        Run run = ask("--temperature=" + temperature, "--seed", "7", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().path("answer").asText()).isEqualTo("re");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e308", "1e39"})
    void aTemperatureBeyondAFloatIsOnlyVeryHot(String temperature) {
        assertThat(ask("--temperature", temperature, "--json").code()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "3 | ask,,Q? | the name of a file or folder is empty",
                "3 | ask,  ,Q? | the name of a file or folder is empty",
                "3 | ask,https://example.org/cat.jpg,Q? | 'https://example.org/cat.jpg' is an address",
                "3 | ask,file:///tmp/cat.jpg,Q? | 'file:///tmp/cat.jpg' is an address",
                "3 | ask,data:image/png;base64\\,AAAA,Q? | is an address",
                "3 | classify,,--labels,a\\,b | the name of a file or folder is empty",
                "3 | classify,s3://bucket/cat.jpg,--labels,a\\,b | is an address",
                "2 | compare,,Q? | the name of a file or folder is empty",
                "2 | compare,http://x/y.png,Q? | is an address",
                "4 | ask,PICTURE,Q?,--model, | the name of a file or folder is empty",
                "4 | ask,PICTURE,Q?,--model,https://huggingface.co/llava-hf/llava-1.5-7b-hf | is an address",
                "2 | ask,p.png,Q?,--overlay, | the name of a file or folder is empty",
                "2 | bench,--out, | the name of a file or folder is empty",
                "2 | world,--count,1,--out, | the name of a file or folder is empty",
            })
    void namesOfFilesAreNames(int code, String line, String says) {
        String[] words = line.split("(?<!\\\\),", -1);
        for (int i = 0; i < words.length; i++) {
            words[i] = words[i].replace("\\,", ",").replace("PICTURE", Run.PICTURE.toString());
        }
        Run run = Run.of((Object[]) words);
        assertThat(run.err()).contains(says).hasLineCount(1);
        assertThat(run.code()).isEqualTo(code);
    }

    /** What a technique in the loop of training needs is known before a folder is touched. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "train peek --budget 25% | --budget 25% needs a technique that spends it",
                "train peek --technique flowcutt | there is no technique 'flowcutt' (did you mean 'flowcut'?)",
                "train peek --technique flowcut:none=1 | 'none'",
                "train peek --technique flowcut --budget 0 | at least 1 visual token",
                "train peek --stages truth,pairs --technique flowcut --budget 25% | but --stages names neither",
            })
    void aTechniqueInTheLoopIsCheckedBeforeTheWork(String line, String says) {
        Path work = folder.resolve("run");
        List<Object> all = new ArrayList<>(List.of((Object[]) line.split(" ", -1)));
        all.addAll(List.of("--work", work));
        Run run = Run.of(all.toArray());
        assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).containsIgnoringCase(says).hasLineCount(1);
        assertThat(work).doesNotExist();
    }

    /** Long work must not end at a place that could have been tried at once; the models here are never opened. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "bench --out FILE/results | is a file, not a folder",
                "bench --out FILE | is a file, not a folder",
                "bench --out TAKEN | report.html cannot be written: it is a folder",
                "train peek --work FILE/run | is a file, not a folder",
                "train peek --work FOLDER --out FILE/model | is a file, not a folder",
                "tune vflowopt --out FOLDER | it is a folder; name a file",
                "tune vflowopt --out LONG | LONG cannot be written",
                "compare PICTURE Q? --report FOLDER | it is a folder; name a file",
                "compare PICTURE Q? --report FILE/page.html | is a file, not a folder",
                "explain PICTURE Q? --out FILE/page.html | is a file, not a folder",
                "world --count 1 --out FILE/world | is a file",
                "ask PICTURE Q? --overlay FILE/o.png | is a file, not a folder",
                "ask PICTURE Q? --record LONG | LONG cannot be written",
            })
    void outputsAreTriedBeforeTheWork(String line, String says) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Path taken = Files.createDirectories(folder.resolve("taken"));
        Files.createDirectory(taken.resolve("report.html"));
        String name = "n".repeat(300);
        Object[] words = line.replace("FILE", file.toString())
                .replace("FOLDER", folder.toString())
                .replace("TAKEN", taken.toString())
                .replace("LONG", folder.resolve(name).toString())
                .replace("PICTURE", Run.PICTURE.toString())
                .split(" ", -1);
        List<Object> all = new ArrayList<>(List.of(words));
        if (!line.startsWith("train") && !line.startsWith("world")) {
            all.addAll(List.of("--model", Run.MODEL));
        }
        Run run = Run.of(all.toArray());
        assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OUTPUT);
        assertThat(run.err()).contains(says.replace("LONG", name)).hasLineCount(1);
        assertThat(folder)
                .isDirectoryNotContaining(left -> left.getFileName().toString().endsWith(".part"));
    }

    @Test
    void closedInputIsAnEnd() {
        InputStream closed = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Bad file descriptor");
            }
        };
        Run run = Run.reading(closed, "ask", Run.PICTURE, "--model", Run.MODEL);
        assertThat(run.code()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("no question was asked").hasLineCount(1);
    }
}
