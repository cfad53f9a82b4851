package dev.fovea.eval.suite.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Suites;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Original files as people have them: quoted cells, references, and rows that are not as they should be. */
class TablesTest {
    private static final String LETTER = "\nAnswer with the option's letter from the given choices directly.";
    private static final String HEADER =
            "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\tsource\tl2-category\tsplit\n";

    /** Eight by eight pixels, one colour. */
    private static final String PICTURE =
            "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGNkYPjPgA0wYRUdtBIAy0MBD1YkjLoAAAAASUVORK5CYII=";

    @TempDir
    Path folder;

    private List<Item> mmbench(String table) throws IOException {
        Files.writeString(folder.resolve("mmbench_dev_20230712.tsv"), table);
        return items("mmbench");
    }

    private List<Item> items(String suite) {
        List<Item> items = new ArrayList<>();
        Suites.open(suite + "=" + folder).forEach(100, items::add);
        return items;
    }

    private static String row(String index, String question, String hint, String answer, String image) {
        return String.join(
                        "\t", index, question, hint, "red", "blue", "green", "", answer, "color", image, "x", "color",
                        "dev")
                + "\n";
    }

    private static void assertUnusable(Item item, String says) {
        assertThatThrownBy(() -> item.picture().open())
                .isInstanceOf(EvalException.class)
                .hasMessageContaining(says)
                .hasMessageNotContaining("\n");
    }

    @Test
    void quotedCellsHoldLinesTabsAndDoubledQuotes() throws IOException {
        List<Item> items = mmbench(HEADER
                + row("0", "What colour is it?", "", "B", PICTURE)
                + row("1", "What colour is it?", "\"First line.\n\nSecond paragraph.\"", "B", PICTURE)
                + row("2", "\"Is it \"\"blue\"\"\tor not?\"", "\"a\r\nb\"", "B", PICTURE)
                + row("3", "5' 11\" tall?", "", "B", PICTURE));
        String options = " There are several options:\nA. red\nB. blue\nC. green\n" + LETTER;
        assertThat(items)
                .extracting(Item::prompt)
                .containsExactly(
                        "What colour is it?" + options,
                        "First line.\n\nSecond paragraph. What colour is it?" + options,
                        "a\r\nb Is it \"blue\"\tor not?" + options,
                        "5' 11\" tall?" + options);
        assertThat(items).allSatisfy(item -> {
            RgbImage picture = item.picture().open();
            assertThat(item.grader().grade("B", picture).score()).isEqualTo(1);
        });
    }

    @Test
    void theSameWithCommasABomAndWindowsLines() throws IOException {
        String table = (HEADER + row("0", "\"Red, or\nblue?\"", "", "B", PICTURE))
                .replace('\t', ',')
                .replace("\n", "\r\n");
        Files.writeString(folder.resolve("MMBench_DEV_EN.csv"), "\ufeff" + table);
        assertThat(items("mmbench"))
                .singleElement()
                .satisfies(item -> assertThat(item.prompt()).startsWith("Red, or\r\nblue? There are"));
    }

    @Test
    void picturesOfOtherRowsMayComeLaterAndOverSeveralSteps() throws IOException {
        List<Item> items = mmbench(HEADER
                + row("1000007", "Q?", "", "A", "7")
                + row("3", "Q?", "", "A", "1000007")
                + row("7", "Q?", "", "A", PICTURE)
                + row("2000007", "Q?", "", "A", "7"));
        assertThat(items)
                .hasSize(4)
                .allSatisfy(item -> assertThat(item.picture().open().width()).isEqualTo(8));
    }

    @Test
    void oneBadRowIsOneErrorAndNotTheEnd() throws IOException {
        List<Item> items = mmbench(HEADER
                + "too\tfew\n"
                + row("0", "Q?", "", "A", PICTURE)
                + row("one", "Q?", "", "A", PICTURE)
                + row("٢", "Q?", "", "A", PICTURE)
                + row("3", "Q?", "", "A", "99")
                + row("4", "Q?", "", "A", "5")
                + row("5", "Q?", "", "A", "4")
                + row("6", "", "", "A", PICTURE)
                + row("7", "Q?", "", " B ", PICTURE)
                + row("8", "Q?", "", "A", "!!!!=")
                + row("9", "\"never closed", "", "A", PICTURE));
        assertThat(items).hasSize(11);
        assertUnusable(items.get(0), "line 2 has 2 columns, the header 13");
        assertThat(items.get(1).picture().open().width()).isEqualTo(8);
        assertUnusable(items.get(2), "'index' is not a whole number but 'one'");
        assertUnusable(items.get(3), "'index' is not a whole number but '٢'");
        assertUnusable(items.get(4), "refers to the picture of row 99, which has none");
        assertUnusable(items.get(5), "refers back to it");
        assertUnusable(items.get(6), "refers back to it");
        assertUnusable(items.get(7), "line 9: 'question' is empty");
        assertThat(items.get(8).target()).isEqualTo("B");
        assertThatThrownBy(() -> items.get(9).picture().open()).isInstanceOf(RuntimeException.class);
        assertUnusable(items.get(10), "a quote that is not closed");
    }

    @Test
    void aTableWithoutOneUsableRowIsAnError() throws IOException {
        Files.writeString(folder.resolve("MMStar.tsv"), "a\tb\n1\t2\n3\t4\n");
        assertThatThrownBy(() -> items("mmstar"))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("the column 'answer' is missing; there are a, b");
        Files.writeString(folder.resolve("MMStar.tsv"), "");
        assertThatThrownBy(() -> items("mmstar")).hasMessageContaining("is empty; download it again");
    }

    @Test
    void oneBadLineOfJsonIsOneErrorToo() throws IOException {
        Files.write(folder.resolve("a.png"), java.util.Base64.getDecoder().decode(PICTURE));
        Files.write(folder.resolve("coco_pope_random.json"), ("""
                {"question_id": 1, "image": "a.png", "text": "Is there a dog?", "label": "yes"}
                {"question_id": 2, "image": "a.png", "te
                [3]
                {"question_id": 4, "image": "a.png", "text": "Is there a \u00ffcat?", "label": "no"}
                """).getBytes(StandardCharsets.ISO_8859_1));
        List<Item> items = items("pope");
        assertThat(items).extracting(Item::target).containsExactly("yes", "", "", "no");
        assertUnusable(items.get(1), "line 2 is not valid JSON");
        assertUnusable(items.get(2), "line 3 is not a JSON object");
        assertThat(items.get(3).picture().open().width()).isEqualTo(8);
    }

    @Test
    void aLineOfMmeWithoutATabIsOneError() throws IOException {
        Path category = Files.createDirectories(folder.resolve("existence"));
        Files.write(category.resolve("0001.png"), java.util.Base64.getDecoder().decode(PICTURE));
        Files.writeString(
                category.resolve("0001.txt"),
                "Is there a car? Please answer yes or no.\tYes\n\nIs there a cow? Please answer yes or no. No\n");
        List<Item> items = items("mme");
        assertThat(items).extracting(Item::target).containsExactly("yes", "");
        assertUnusable(items.get(1), "without a tab between question and answer");
    }

    /** As lmms-eval reads them: space around a letter does not count, nor does its case. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'B' | 1",
                "' B ' | 1",
                "'b' | 1",
                "' b' | 1",
                "'B. ice' | 1",
                "' B. ice' | 1",
                "'A' | 0",
                "' A. water' | 0",
                "'B ice' | 0",
                "'ice' | 0",
                "'' | 0",
                "'(B)' | 0",
            })
    void lettersOfScienceQa(String answer, double score) throws IOException {
        Path problem = Files.createDirectories(folder.resolve("test/7"));
        Files.write(problem.resolve("image.png"), java.util.Base64.getDecoder().decode(PICTURE));
        Files.writeString(folder.resolve("pid_splits.json"), "{\"test\": [\"7\", \"8\"]}");
        Files.writeString(folder.resolve("problems.json"), """
                {"7": {"question": "Which is colder?", "choices": ["water", "ice"], "answer": 1, "hint": "",
                       "image": "image.png", "subject": "natural science"},
                 "8": {"question": "Which is colder?", "choices": ["water", "ice"], "answer": 2, "hint": "",
                       "image": "image.png", "subject": "natural science"}}
                """);
        List<Item> items = items("scienceqa-img");
        String said = answer.substring(1, answer.length() - 1);
        Item item = items.getFirst();
        assertThat(item.grader().grade(said, item.picture().open()).score()).isEqualTo(score);
        assertThat(item.grader().grade(said + "\n", item.picture().open()).score())
                .isEqualTo(score);
        assertUnusable(items.get(1), "'answer' is 2, but there are 2 choices");
    }
}
