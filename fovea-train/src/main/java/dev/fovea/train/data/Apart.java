package dev.fovea.train.data;

import dev.fovea.train.text.WorldTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The questions of a batch, each by itself behind its picture: for techniques that do otherwise with each. A question
 * that follows others in a conversation keeps them in front of it; what follows its answer is left out.
 *
 * @param batch a sample for each question that has an answer of its own, in their order
 * @param pictures for each sample the one of the packed batch whose picture it is about
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers for tensors; never compared
public record Apart(AnswerBatch batch, int[] pictures) {

    /** Words up to the last one that is asked what follows it. */
    private record One(int sample, int[] words, int first, int[] ids) {}

    public static Apart of(AnswerBatch packed) {
        List<One> all = IntStream.range(0, packed.targets().asked().size())
                .mapToObj(answer -> one(packed, answer))
                .toList();
        int text = all.stream().mapToInt(o -> o.words.length).max().orElse(0);
        int length = AnswerBatch.LEAD + packed.visual() + text;
        int[] tokens = new int[all.size() * text];
        int[] segments = new int[tokens.length];
        Arrays.fill(tokens, WorldTokenizer.PAD);
        Arrays.fill(segments, -1);
        List<int[]> targets = new ArrayList<>();
        for (int q = 0; q < all.size(); q++) {
            One one = all.get(q);
            System.arraycopy(one.words, 0, tokens, q * text, one.words.length);
            Arrays.fill(segments, q * text, q * text + one.words.length, 1);
            for (int i = 0; i < one.ids.length; i++) {
                int row = q * length + AnswerBatch.LEAD + packed.visual() + one.first + i;
                targets.add(new int[] {row, one.ids[i], q});
            }
        }
        int[] pictures = all.stream().mapToInt(One::sample).toArray();
        return new Apart(
                new AnswerBatch(
                        packed.number(),
                        all.size(),
                        packed.visual(),
                        text,
                        repeated(packed.patches(), packed.visual(), pictures),
                        tokens,
                        counted(all.size(), length),
                        segments,
                        new AnswerBatch.Targets(
                                column(targets, 0),
                                column(targets, 1),
                                column(targets, 2),
                                packed.targets().asked()),
                        Arrays.stream(pictures).mapToObj(packed.scenes()::get).toList()),
                pictures);
    }

    /** What belongs to the pictures, one for each sample. */
    public <T> List<T> each(List<T> ofPictures) {
        return Arrays.stream(pictures).mapToObj(ofPictures::get).toList();
    }

    private static One one(AnswerBatch packed, int answer) {
        AnswerBatch.Place place = packed.place(answer);
        int[] words = place.words();
        int of = place.sample() * packed.text();
        return new One(
                place.sample(),
                Arrays.copyOfRange(packed.tokens(), of + place.begin(), of + words[words.length - 1] + 1),
                words[0] - place.begin(),
                place.ids());
    }

    private static int[] repeated(int[] values, int width, int[] pictures) {
        return Arrays.stream(pictures)
                .flatMap(p -> Arrays.stream(values, p * width, (p + 1) * width))
                .toArray();
    }

    private static int[] counted(int samples, int length) {
        return Collections.nCopies(samples, IntStream.range(0, length).toArray()).stream()
                .flatMapToInt(Arrays::stream)
                .toArray();
    }

    private static int[] column(List<int[]> rows, int column) {
        return rows.stream().mapToInt(row -> row[column]).toArray();
    }
}
