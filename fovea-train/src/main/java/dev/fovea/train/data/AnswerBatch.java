package dev.fovea.train.data;

import dev.fovea.world.PatchLabels;
import dev.fovea.world.Question;
import dev.fovea.world.TruthMaps;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A batch of pictures with questions packed behind each: {@code [begin, user, visual tokens, question, answer,
 * question, answer, ...]}. Questions of one picture do not see each other and all start at the position that follows
 * the picture.
 *
 * @param number which of the batches that its sampler makes it is
 * @param samples pictures
 * @param visual visual tokens per picture
 * @param text text tokens per picture, padding included
 * @param patches {@code [samples * visual]}: raster index of each visual token's patch
 * @param tokens {@code [samples * text]}: token ids
 * @param positions {@code [samples * (2 + visual + text)]}: position ids
 * @param segments {@code [samples * text]}: which question a token belongs to; -1 for padding
 * @param targets what is to be predicted
 * @param scenes per picture: its pixels as patches, and its truth
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers for tensors; never compared
public record AnswerBatch(
        long number,
        int samples,
        int visual,
        int text,
        int[] patches,
        int[] tokens,
        int[] positions,
        int[] segments,
        Targets targets,
        List<Seen> scenes) {

    /** Tokens before the visual ones: the beginning of the text, and of the user's turn. */
    public static final int LEAD = 2;

    public AnswerBatch {
        scenes = List.copyOf(scenes);
    }

    /** Tokens per picture. */
    public int length() {
        return LEAD + visual + text;
    }

    /**
     * Where an answer stands.
     *
     * @param sample whose text it is in
     * @param begin the first word of its conversation, counted in that text
     * @param words those in front of its tokens, ascending, counted likewise
     * @param ids its tokens
     */
    public record Place(int sample, int begin, int[] words, int[] ids) {}

    /** The place of an answer, by its index in what was asked. */
    public Place place(int answer) {
        int[] own = IntStream.range(0, targets.rows().length)
                .filter(i -> targets.answer()[i] == answer)
                .toArray();
        int sample = targets.rows()[own[0]] / length();
        int[] words = Arrays.stream(own)
                .map(i -> targets.rows()[i] % length() - LEAD - visual)
                .toArray();
        int of = sample * text;
        int begin = words[0];
        while (begin > 0 && segments[of + begin - 1] == segments[of + words[0]]) {
            begin--;
        }
        return new Place(
                sample,
                begin,
                words,
                Arrays.stream(own).map(i -> targets.ids()[i]).toArray());
    }

    /**
     * Predictions to learn.
     *
     * @param rows flat indices {@code sample * length + position} whose next token is known
     * @param ids the next tokens
     * @param answer for each row the index of the answer in {@code asked} it belongs to; -1 in captions
     * @param asked the questions
     */
    public record Targets(int[] rows, int[] ids, int[] answer, List<Question> asked) {
        public Targets {
            asked = List.copyOf(asked);
        }
    }

    /**
     * A picture as the model may see it.
     *
     * @param pixels all patches, {@code [patches, 3 * patch * patch]}; empty if not needed
     * @param labels the exact truth of its patches
     * @param maps the exact truth of finer cells, where a sampler was asked for it
     */
    public record Seen(
            float[] pixels, PatchLabels labels, @Nullable TruthMaps maps) {}
}
