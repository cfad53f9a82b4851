package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code explain} from end to end on tiny checkpoints. */
class ExplainTest {
    private static final String QUESTION = "What is written on the sign?";

    @TempDir
    Path folder;

    @Test
    void aTableAndAPageThatNeedsNothingElse() throws IOException {
        Path page = folder.resolve("explain.html");
        Run run = Run.of("explain", Run.PICTURE, QUESTION, "--model", Run.MODEL, "--max-tokens", 2, "--out", page);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("answer: ", "PICTURE:QUESTION", "LAST:LAST", "QUESTION LOOKS");
        assertThat(run.err()).contains("the page is in ");
        String markup = Files.readString(page).replaceAll("base64,[^\"]+", "base64,");
        assertThat(markup)
                .contains(QUESTION, "fovea explain", "<svg", "data:image/jpeg", "Layer 0", "picture → question")
                .doesNotContain("<script", "http://", "https://", "<link", "NaN");
    }

    /** A tiled picture with ends of rows, and a prompt whose tokens see each other both ways. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-next", "paligemma2"})
    void oneJsonValue(String name) {
        Path model = Run.MODEL.resolveSibling(name);
        JsonNode json = Run.of(
                        "explain",
                        model.resolve("images/wide.png"),
                        QUESTION,
                        "--model",
                        model,
                        "--edges",
                        "picture:last,related:question",
                        "--box",
                        "0,0,20,20",
                        "--window",
                        2,
                        "--instruction",
                        "Answer with one word.",
                        "--max-tokens",
                        1,
                        "--json")
                .json();
        int layers = json.path("layers").intValue();
        assertThat(json.path("window").intValue()).isEqualTo(2);
        assertThat(json.path("windows")).hasSize(layers);
        assertThat(json.path("probability").doubleValue()).isBetween(0.0, 1.0);
        assertThat(json.path("edges")).hasSize(2);
        assertThat(json.at("/edges/1/from").asText()).isEqualTo("related");
        assertThat(json.at("/edges/0/change_percent")).hasSize(layers);
        assertThat(json.at("/emergence/0/probability")).hasSize(layers + 1);
        assertThat(json.at("/heat/layers")).hasSize(layers);
        assertThat(json.at("/heat/layers/0")).hasSameSizeAs(json.at("/heat/tokens"));
    }

    /** A model that knows nothing is seldom right; of enough questions it is. */
    @Test
    void manyQuestionsHaveIntervals() throws IOException {
        Path page = folder.resolve("flow.html");
        Run none = Run.of("explain", "--suite", "world", "--limit", 2, "--model", Run.MODEL);
        assertThat(none.code()).isEqualTo(ExitCode.INPUT);
        assertThat(none.err())
                .contains("None of the 2 questions was answered rightly, so that there is nothing to explain")
                .hasLineCount(1);
        assertThat(page).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "2 | explain PICTURE | name a picture and a question about it, or the questions of a --suite",
                "2 | explain PICTURE Q? --suite world | a --suite brings its own pictures, questions and boxes",
                "2 | explain --suite words | There is no suite 'words' (did you mean 'world'?)",
                "2 | explain --suite world --limit 0 | --limit is 0; give a number from 1",
                "2 | explain PICTURE Q? --edges picture:questoin | 'questoin' (did you mean 'question'?)",
                "2 | explain PICTURE Q? --edges picture | 'picture' is no edge; name two groups",
                "2 | explain PICTURE Q? --window 0 | --window is 0; give at least 1 layer",
                "2 | explain PICTURE Q? --window 99 | The window is 99 layers; give a number from 1 to the",
                "2 | explain PICTURE Q? --max-tokens 0 | --max-tokens is 0; give at least 1",
                "2 | explain PICTURE Q? --box 1,2,3 | '1,2,3' is no box; give left and upper edge",
                "2 | explain PICTURE Q? --box 1,2,3,0 | '1,2,3,0' is no box; give left and upper edge",
                "3 | explain PICTURE Q? --box 0,0,9000,2 | a box reaches to 9000,2, but the picture has",
                "3 | explain PICTURE Q? --edges related:question | parts the picture by what the question is about",
                "3 | explain nowhere.png Q? | nowhere.png",
                "5 | explain PICTURE Q? --out FOLDER | it is a folder; name a file",
            })
    void whatIsWrongIsSaidInASentence(int code, String line, String says) {
        List<Object> words = new ArrayList<>(List.of((Object[]) line.replace("PICTURE", Run.PICTURE.toString())
                .replace("FOLDER", folder.toString())
                .split(" ", -1)));
        words.addAll(List.of("--model", Run.MODEL));
        Run run = Run.of(words.toArray());
        assertThat(run.err()).contains(says).hasLineCount(1);
        assertThat(run.code()).isEqualTo(code);
    }
}
