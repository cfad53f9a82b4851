package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.Fuzzing;
import dev.fovea.core.Mutants;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged tokenizers of all kinds of model: each is refused in a sentence, or it opens and reads and writes any text.
 * What gets past the checks and panics ends the whole run; the file that did it is then in the temporary folder.
 */
@Tag("fuzz")
class TokenizerFuzzTest {
    private static final List<String> PIECES = List.of(
            "a",
            "b",
            " ",
            "  ",
            "red",
            "é",
            "e\u0301",
            "\u0301",
            "▁",
            "\n",
            "🙂",
            "<s>",
            "</s>",
            "<image>",
            "[SEP]",
            "中",
            "ﬁ",
            "İ",
            "A",
            "1",
            "23",
            ".",
            ",",
            "\0",
            "\ufffd",
            "\u200d",
            "ǆ",
            "ß",
            "각",
            "ᄀ",
            "\ud800",
            "ａ",
            "xxxxxxxxxxxxxxxxxxxxxxxxx",
            "<mask>",
            "'s",
            "\t",
            "\u0085",
            "\u00a0",
            "\u2028");

    @TempDir
    Path folder;

    @Test
    void damagedTokenizersNeverEndTheProcess() throws Exception {
        List<JsonNode> shapes =
                TokenizerShapes.all().stream().map(Mutants::tree).toList();
        Path file = folder.resolve("tokenizer.json");
        Fuzzing.run("tokenizers", 100_000, TextException.class::isInstance, random -> {
            JsonNode shape = shapes.get(random.nextInt(shapes.size())).deepCopy();
            boolean other = random.nextBoolean();
            if (other) {
                TokenizerShapes.rearrange(random, (ObjectNode) shape);
            }
            String json = other && random.nextBoolean() ? shape.toString() : Mutants.json(random, shape);
            Files.write(file, json.getBytes(StandardCharsets.UTF_8));
            try (Tokenizer tokenizer = Tokenizer.open(folder)) {
                for (int i = 0; i < 4; i++) {
                    use(tokenizer, random);
                }
            }
        });
    }

    private static void use(Tokenizer tokenizer, SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(10); i > 0; i--) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        int[] ids = random.nextInt(8) == 0
                ? tokenizer.encodeText(text.toString(), true)
                : tokenizer.encode(text.toString(), random.nextBoolean());
        tokenizer.decode(ids, random.nextBoolean());
        int[] others = random.ints(random.nextInt(6), -1, 700).toArray();
        tokenizer.decode(others, random.nextBoolean());
    }
}
