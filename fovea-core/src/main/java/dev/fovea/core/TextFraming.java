package dev.fovea.core;

import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.contrastive.TextOptions;
import dev.fovea.core.model.family.Siglip;
import dev.fovea.core.text.Tokenizer;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Brings texts to the form that a contrastive model's text tower reads. CLIP's reads them framed, whatever their length.
 * SigLIP's was trained on texts filled up to its context, and sees what fills them.
 *
 * @param longest tokens that the tower reads
 * @param ended whether the tokenizer puts a token behind each text
 * @param filled whether texts are filled up
 * @param filling the token that they are filled with
 * @param fillingFirst whether it stands before the text rather than behind it
 * @param lowerCase whether texts are read in lower case
 */
record TextFraming(
        Tokenizer tokenizer,
        int longest,
        boolean ended,
        boolean filled,
        int filling,
        boolean fillingFirst,
        boolean lowerCase) {

    /**
     * As the checkpoint says.
     *
     * @throws CheckpointException in one sentence, if tokenizer and model do not belong together
     */
    static TextFraming of(ModelConfig config, TextOptions options, Tokenizer tokenizer) {
        int[] bare = tokenizer.encode("a", false);
        int[] framed = tokenizer.encode("a", true);
        if (framed.length == 0) {
            throw new CheckpointException(config.file()
                    + ": the tokenizer beside it gives no token for a text; take both from the same checkpoint");
        }
        boolean ended = bare.length == 0 || framed[framed.length - 1] != bare[bare.length - 1];
        if (!options.endsIn(framed)) {
            throw new CheckpointException(config.file() + ": 'text_config.eos_token_id' is " + options.eosToken()
                    + ", but texts in this folder's tokenizer end with the id " + framed[framed.length - 1]
                    + ", so that nothing would stand for them; take both from the same checkpoint");
        }
        String padding = tokenizer.specialTokens().padding();
        int configured = config.child("text_config").integer("pad_token_id", 1);
        int filling = padding == null ? configured : tokenizer.id(padding).orElse(configured);
        if (options.bothWays() && (filling < 0 || filling >= options.vocabulary())) {
            throw new CheckpointException(config.file() + ": texts are filled up with the token " + filling
                    + ", but the model's embedding has " + options.vocabulary()
                    + " rows; take tokenizer and weights from the same checkpoint");
        }
        return new TextFraming(
                tokenizer,
                options.contextLength(),
                ended,
                options.bothWays(),
                filling,
                side(config.file().resolveSibling("tokenizer_config.json")).equals("left"),
                config.text("model_type", "").equals(Siglip.ANY_ASPECT));
    }

    private static String side(Path file) {
        return Files.exists(file) ? ModelConfig.read(file).text("padding_side", "right") : "right";
    }

    /** Ids of a text, cut to what the tower reads, with the end of text kept. */
    int[] of(String text) {
        int[] ids = tokenizer.encodeText(cased(text), true);
        if (ids.length <= longest) {
            return fill(ids);
        }
        int[] cut = Arrays.copyOf(ids, longest);
        if (ended) {
            cut[longest - 1] = ids[ids.length - 1];
        }
        return cut;
    }

    /** A text of any length, piece by piece: the first has the begin of text, the last one its end. */
    List<int[]> pieces(String text) {
        int[] ids = tokenizer.encode(cased(text), true);
        List<int[]> pieces = new ArrayList<>();
        for (int from = 0; from < ids.length; from += longest) {
            pieces.add(fill(Arrays.copyOfRange(ids, from, Math.min(ids.length, from + longest))));
        }
        return pieces;
    }

    private String cased(String text) {
        return lowerCase ? text.toLowerCase(Locale.ROOT) : text;
    }

    private int[] fill(int[] ids) {
        if (!filled || ids.length == longest) {
            return ids;
        }
        int[] out = new int[longest];
        Arrays.fill(out, filling);
        System.arraycopy(ids, 0, out, fillingFirst ? longest - ids.length : 0, ids.length);
        return out;
    }
}
