package dev.fovea.eval.suite.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.Suites;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A handful of rows of every benchmark in exactly the columns in which it is published. */
class PublishedSchemasTest {
    private static final String SHORT = "\nAnswer the question using a single word or phrase.";
    private static final String LETTER = "\nAnswer with the option's letter from the given choices directly.";

    @TempDir
    Path folder;

    private byte[] png = new byte[0];
    private String image = "";

    @BeforeEach
    void picture() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(100, 200, BufferedImage.TYPE_INT_RGB), "png", out);
        png = out.toByteArray();
        image = "{'bytes': from_hex('" + HexFormat.of().formatHex(png) + "'), 'path': 'a.png'}";
    }

    private void parquet(String file, String... selects) throws SQLException, IOException {
        Path target = folder.resolve(file);
        Files.createDirectories(target.getParent());
        try (Connection c = DriverManager.getConnection("jdbc:duckdb:");
                Statement s = c.createStatement()) {
            s.execute("COPY (" + String.join(" UNION ALL ", selects) + ") TO '" + target + "' (FORMAT parquet)");
        }
    }

    private List<Item> items(String suite) {
        List<Item> items = new ArrayList<>();
        Suites.open(suite + "=" + folder).forEach(100, items::add);
        return items;
    }

    private static double score(Item item, String answer) {
        RgbImage picture = item.picture().open();
        assertThat(picture.width()).isEqualTo(100);
        return item.grader().grade(answer, picture).score();
    }

    @Test
    void pope() throws Exception {
        String row =
                "SELECT '%d' AS id, '%d' AS question_id, 'Is there a dog in the image?' AS question, '%s' AS answer,"
                        + " 'COCO_val2014_1' AS image_source, " + image + " AS image, 'adversarial' AS category";
        parquet("data/test-00000-of-00001.parquet", row.formatted(0, 1, "no"), row.formatted(1, 2, "yes"));
        List<Item> items = items("pope");
        assertThat(items).hasSize(2);
        assertThat(items.getFirst().prompt()).isEqualTo("Is there a dog in the image?" + SHORT);
        assertThat(items.getFirst().skill()).isEqualTo("adversarial");
        assertThat(items.get(0).picture().key())
                .isEqualTo(items.get(1).picture().key());
        assertThat(score(items.getFirst(), " No")).isEqualTo(1);
        assertThat(score(items.getFirst(), "No, there is not")).isZero();
    }

    @Test
    void popeAsPublishedByItsAuthors() throws Exception {
        Files.write(folder.resolve("COCO_val2014_000000310196.png"), png);
        Files.writeString(folder.resolve("coco_pope_popular.json"), """
                {"question_id": 1, "image": "COCO_val2014_000000310196.png", "text": "Is there a snowboard?", "label": "yes"}
                {"question_id": 2, "image": "COCO_val2014_000000310196.png", "text": "Is there a cow?", "label": "no"}
                """);
        List<Item> items = items("pope");
        assertThat(items).extracting(Item::target).containsExactly("yes", "no");
        assertThat(items).extracting(Item::skill).containsOnly("popular");
        assertThat(score(items.getFirst(), "yes")).isEqualTo(1);
    }

    @Test
    void gqaJoinsQuestionsAndPictures() throws Exception {
        String row = "SELECT '%s' AS id, '%s' AS imageId, 'Is it cloudy?' AS question, 'yes' AS answer,"
                + " 'Yes, it is cloudy.' AS fullAnswer, true AS isBalanced, {'global': NULL::VARCHAR, 'local': 'x'} AS"
                + " groups, '' AS entailed, '' AS equivalent, {'detailed': 'weatherVerify', 'semantic': 'global',"
                + " 'structural': 'verify'} AS types, [] AS annotations, [{'operation': 'select'}] AS semantic,"
                + " 'select: scene' AS semanticStr";
        parquet(
                "testdev_balanced_instructions/testdev-00000-of-00001.parquet",
                row.formatted("q2", "n2"),
                row.formatted("q1", "n1"),
                row.formatted("q3", "n2"));
        parquet(
                "testdev_balanced_images/testdev-00000-of-00001.parquet",
                "SELECT 'n1' AS id, " + image + " AS image",
                "SELECT 'n2' AS id, " + image + " AS image");
        List<Item> items = items("gqa");
        assertThat(items).extracting(Item::id).containsExactly("q1", "q2", "q3");
        assertThat(items).extracting(Item::skill).containsOnly("verify");
        assertThat(score(items.getFirst(), "Yes.")).isEqualTo(1);
    }

    @Test
    void textVqa() throws Exception {
        parquet(
                "data/validation-00000-of-00003.parquet",
                "SELECT '003a8ae2ef43b901' AS image_id, 34602 AS question_id, 'what is the brand of this Camera?' AS"
                        + " question, ['what','is'] AS question_tokens, " + image + " AS image, 1024 AS image_width,"
                        + " 664 AS image_height, 'u' AS flickr_original_url, 'u' AS flickr_300k_url,"
                        + " ['nous les gosses','dakota','clos culombu','dakota digital','dakota','dakota','dakota',"
                        + "'dakota digital','dakota digital','dakota'] AS answers, ['Cassette deck'] AS image_classes,"
                        + " 'val' AS set_name, ['DAKOTA'] AS ocr_tokens");
        Item item = items("textvqa").getFirst();
        assertThat(item.prompt()).isEqualTo("What is the brand of this camera?" + SHORT);
        assertThat(score(item, "Dakota")).isEqualTo(1);
        // Three of ten.
        assertThat(score(item, "dakota digital")).isEqualTo((3 * 2 / 3.0 + 7) / 10);
    }

    @Test
    void vqav2() throws Exception {
        StringBuilder answers = new StringBuilder();
        String[] said = {"Yes!", "yes", "yes", "no", "no", "no", "no", "no", "no", "no"};
        for (int i = 0; i < said.length; i++) {
            answers.append(i == 0 ? "" : ", ")
                    .append("{'answer': '" + said[i] + "', 'answer_confidence': 'yes'," + " 'answer_id': " + (i + 1)
                            + "}");
        }
        parquet(
                "data/validation-00000-of-00068.parquet",
                "SELECT 'is the' AS question_type, 'no' AS multiple_choice_answer, [" + answers + "] AS answers,"
                        + " 262148 AS image_id, 'yes/no' AS answer_type, 262148000 AS question_id,"
                        + " 'Is it day?' AS question, " + image + " AS image");
        Item item = items("vqav2").getFirst();
        assertThat(item.skill()).isEqualTo("yes/no");
        // People's answers are levelled because they disagree: three say yes.
        assertThat(score(item, "Yes")).isEqualTo((3 * 2 / 3.0 + 7) / 10);
    }

    @Test
    void vizWiz() throws Exception {
        parquet(
                "data/val-00000-of-00005.parquet",
                "SELECT 'VizWiz_val_00000000' AS question_id, " + image + " AS image, 'Ok. What is this?' AS question,"
                        + " ['soda','soda','coke','unsuitable','soda','soda','soda','soda','soda','soda'] AS answers,"
                        + " 'other' AS category");
        Item item = items("vizwiz").getFirst();
        assertThat(item.prompt()).startsWith("Ok. what is this?\nWhen the provided information is insufficient");
        assertThat(score(item, "a soda")).isEqualTo(1);
    }

    @Test
    void mme() throws Exception {
        String row = "SELECT 'code_reasoning/0020.png' AS question_id, " + image + " AS image,"
                + " '%s Please answer yes or no.' AS question, '%s' AS answer, 'code_reasoning' AS category";
        parquet("data/test-00000-of-00004.parquet", row.formatted("Is it 0?", "Yes"), row.formatted("Is it 1?", "No"));
        List<Item> items = items("mme");
        assertThat(items.getFirst().prompt()).isEqualTo("Is it 0?" + SHORT);
        assertThat(items).extracting(Item::group).containsOnly("code_reasoning/0020.png");
        assertThat(score(items.get(1), "No.")).isEqualTo(1);
    }

    @Test
    void mmbench() throws Exception {
        String row = "SELECT %d AS index, 'Which one?' AS question, '%s' AS hint, '%s' AS answer, '%s' AS A, '%s' AS B,"
                + " 'nan' AS C, NULL::VARCHAR AS D, 'ocr' AS category, " + image + " AS image, 'src' AS source,"
                + " 'finegrained' AS \"L2-category\", 'nan' AS comment, 'dev' AS split";
        parquet(
                "en/dev-00000-of-00001.parquet",
                row.formatted(241, "A hint.", "A", "cat", "dog"),
                row.formatted(1_000_241, "nan", "B", "dog", "cat"));
        List<Item> items = items("mmbench");
        assertThat(items.getFirst().prompt())
                .isEqualTo("A hint. Which one? There are several options:\nA. cat\nB. dog\n" + LETTER);
        assertThat(items).extracting(Item::group).containsOnly("241");
        assertThat(score(items.get(1), "B. cat")).isEqualTo(1);
        assertThat(score(items.get(1), "It is the cat")).isEqualTo(1);
    }

    @Test
    void mmstar() throws Exception {
        parquet(
                "mmstar.parquet",
                "SELECT 7 AS index, 'Which?\nOptions: A: x, B: y' AS question, " + image + " AS image, 'B' AS answer,"
                        + " 'math' AS category, 'geometry' AS l2_category,"
                        + " {'source': 'MathVista', 'split': 'testmini', 'image_path': 'images/7.jpg'} AS meta_info");
        Item item = items("mmstar").getFirst();
        assertThat(item.group()).isEqualTo("geometry");
        assertThat(score(item, "(B)")).isEqualTo(1);
    }

    @Test
    void scienceQa() throws Exception {
        String row = "SELECT %s AS image, 'Which is warmer?' AS question, ['water','ice'] AS choices, 0::TINYINT AS"
                + " answer, 'Look.' AS hint, 'closed choice' AS task, 'grade4' AS grade, 'natural science' AS subject,"
                + " 'physics' AS topic, 'Heat' AS category, 'Compare' AS skill, '' AS lecture, '' AS solution";
        parquet(
                "ScienceQA-IMG/test-00000-of-00001.parquet",
                row.formatted(image),
                row.formatted("NULL::STRUCT(bytes BLOB, path VARCHAR)"));
        List<Item> items = items("scienceqa-img");
        assertThat(items).hasSize(1);
        assertThat(items.getFirst().prompt()).isEqualTo("Context: Look.\nWhich is warmer?\nA. water\nB. ice" + LETTER);
        assertThat(score(items.getFirst(), "A. water")).isEqualTo(1);
        assertThat(score(items.getFirst(), "water")).isZero();
    }

    @Test
    void seedBenchLeavesVideosOut() throws Exception {
        String row = "SELECT 'A' AS answer, 'One' AS choice_a, 'Two' AS choice_b, 'Three' AS choice_c, 'Four' AS"
                + " choice_d, '%s' AS data_id, '%s' AS data_type, 'How many?' AS question, '%s' AS question_id, 5 AS"
                + " question_type_id, [" + image + "] AS image, [0, 1] AS segment";
        parquet(
                "data/test-00000-of-00032.parquet",
                row.formatted("1454426_2591111986", "image", "101669"),
                row.formatted("v.mp4", "video", "2"));
        List<Item> items = items("seedbench-image");
        assertThat(items).hasSize(1);
        assertThat(items.getFirst().skill()).isEqualTo("instance counting");
        assertThat(items.getFirst().prompt()).isEqualTo("How many?\nA. One\nB. Two\nC. Three\nD. Four" + LETTER);
        assertThat(score(items.getFirst(), "A. One")).isEqualTo(1);
    }

    @Test
    void refcocoAsksOncePerExpression() throws Exception {
        parquet(
                "data/val-00000-of-00001.parquet",
                "SELECT '1' AS question_id, " + image + " AS image, 'Please carefully observe' AS question,"
                        + " ['left man','man in blue'] AS answer, [1.0, 2.0]::FLOAT[] AS segmentation,"
                        + " [10.0, 20.0, 30.0, 40.0]::FLOAT[] AS bbox, 0 AS iscrowd, 'COCO_train2014_1.jpg' AS file_name");
        List<Item> items = items("refcoco");
        assertThat(items).extracting(Item::id).containsExactly("1-0", "1-1");
        assertThat(items.get(1).prompt()).endsWith("this sentence describes: man in blue");
        assertThat(score(items.get(1), "[0.1, 0.1, 0.4, 0.3]")).isEqualTo(1);
        assertThat(score(items.get(1), "[0.3, 0.1, 0.6, 0.3]")).isZero();
        assertThat(score(items.get(1), "somewhere")).isZero();
    }

    @Test
    void mmbenchAsPublishedByItsAuthors() throws Exception {
        String base64 = Base64.getEncoder().encodeToString(png);
        Files.writeString(
                folder.resolve("mmbench_dev_20230712.tsv"),
                "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\tsource\tl2-category\tcomment\tsplit\n"
                        + "0\tWhich?\t\tcat\tdog\t\t\tA\tocr\t" + base64 + "\ts\tfine\t\tdev\n"
                        + "1000000\tWhich?\t\tdog\tcat\t\t\tB\tocr\t0\ts\tfine\t\tdev\n");
        List<Item> items = items("mmbench");
        assertThat(items).hasSize(2);
        assertThat(score(items.get(1), "B")).isEqualTo(1);
        assertThat(items.get(1).prompt()).startsWith("Which? There are several options:\nA. dog\nB. cat\n");
    }

    @Test
    void mmeAsPublishedByItsAuthors() throws Exception {
        Path category = Files.createDirectories(folder.resolve("existence"));
        Files.write(category.resolve("0001.png"), png);
        Files.writeString(
                category.resolve("0001.txt"),
                "Is there a car? Please answer yes or no.\tYes\nIs there a cow? Please answer yes or no.\tNo\n");
        List<Item> items = items("mme");
        assertThat(items).extracting(Item::target).containsExactly("yes", "no");
        assertThat(items).extracting(Item::skill).containsOnly("existence");
        assertThat(score(items.getFirst(), "yes")).isEqualTo(1);
    }

    @Test
    void aBrokenPictureFailsWhenItIsOpened() throws Exception {
        parquet(
                "data/test-00000-of-00001.parquet",
                "SELECT '0' AS id, '1' AS question_id, 'Q?' AS question, 'no' AS answer, 'x' AS image_source,"
                        + " {'bytes': 'abc'::BLOB, 'path': 'x.jpg'} AS image, 'random' AS category");
        Item item = items("pope").getFirst();
        assertThatThrownBy(() -> item.picture().open()).isInstanceOf(PictureException.class);
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        assertThatThrownBy(() -> items("pope"))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("holds neither Parquet files nor the original files of 'pope'");
        parquet("test.parquet", "SELECT 1 AS x");
        assertThatThrownBy(() -> items("pope"))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("the column 'answer' is missing; there are x");
        Files.writeString(folder.resolve("test.parquet"), "no Parquet");
        assertThatThrownBy(() -> items("pope"))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("cannot be read as Parquet");
        assertThatThrownBy(() -> Suites.open("popes=x")).hasMessageContaining("did you mean 'pope'?");
        assertThatThrownBy(() -> Suites.open("pope")).hasMessageContaining("needs the folder");
    }
}
