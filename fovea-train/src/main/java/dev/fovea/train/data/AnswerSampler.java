package dev.fovea.train.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.world.PatchLabels;
import dev.fovea.world.Picture;
import dev.fovea.world.Question;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import dev.fovea.world.Skill;
import dev.fovea.world.TruthMaps;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Makes batches of pictures with packed questions. Batch {@code i} depends on {@code i} alone. */
public final class AnswerSampler {
    private static final int PATCH = 14;
    private static final int PATCHES = (Renderer.DEFAULT_SIZE / PATCH) * (Renderer.DEFAULT_SIZE / PATCH);

    /**
     * How batches are made.
     *
     * @param samples pictures
     * @param visual visual tokens per picture; all patches if at least as many
     * @param text room for packed text
     * @param captions share of pictures whose pack begins with descriptions
     * @param chained share of questions that follow another one in the same conversation
     * @param renumbered share of pictures whose chosen patches take contiguous positions, as after pruning
     * @param pixels whether pixels are needed
     * @param extra skills of the questions that each picture gets beside the balanced ones, where it allows them
     */
    public record Settings(
            int samples,
            int visual,
            int text,
            double captions,
            double chained,
            double renumbered,
            boolean pixels,
            List<Skill> extra) {
        public Settings {
            extra = List.copyOf(extra);
        }

        /** The same without extra questions. */
        public Settings balanced() {
            return new Settings(samples, visual, text, captions, chained, renumbered, pixels, List.of());
        }
    }

    private final SceneOptions options;
    private final Settings settings;
    private final QuestionDraw draw;
    private final Descriptions descriptions;
    private final long firstSeed;
    private final int cell;

    /** Where pictures are described, full captions. */
    public AnswerSampler(SceneOptions options, Settings settings, HuggingFaceTokenizer tokenizer, long firstSeed) {
        this(options, settings, Descriptions.FULL, tokenizer, firstSeed);
    }

    public AnswerSampler(
            SceneOptions options,
            Settings settings,
            Descriptions descriptions,
            HuggingFaceTokenizer tokenizer,
            long firstSeed) {
        this(options, settings, descriptions, new QuestionDraw(tokenizer, settings.extra()), firstSeed, 0);
    }

    private AnswerSampler(
            SceneOptions options,
            Settings settings,
            Descriptions descriptions,
            QuestionDraw draw,
            long firstSeed,
            int cell) {
        this.descriptions = descriptions;
        this.options = options;
        this.settings = settings;
        this.draw = draw;
        this.firstSeed = firstSeed;
        this.cell = cell;
    }

    /** The same batches, whose pictures come with the truth of cells of so many pixels along a side. */
    public AnswerSampler withMaps(int pixels) {
        return new AnswerSampler(options, settings, descriptions, draw, firstSeed, pixels);
    }

    /** The batch with this number. */
    public AnswerBatch batch(long number) {
        int visual = Math.min(settings.visual(), PATCHES);
        QuestionPack all = new QuestionPack(settings.samples(), visual, settings.text(), PATCHES);
        for (int s = 0; s < settings.samples(); s++) {
            long seed = firstSeed + number * settings.samples() + s;
            SplittableRandom random = new SplittableRandom(seed);
            Scene scene = Scenes.generate(seed, options);
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            PatchLabels labels = PatchLabels.of(scene, picture, PATCH);
            float[] pixels = settings.pixels() ? Patches.all(picture, PATCH) : new float[0];
            all.show(new AnswerBatch.Seen(pixels, labels, cell == 0 ? null : TruthMaps.of(picture, cell)));
            int[] chosen = choose(labels, visual, random);
            boolean renumber = random.nextDouble() < settings.renumbered();
            all.place(s, chosen, renumber);
            fill(all, s, scene, picture, seed, random);
        }
        return all.build(number);
    }

    private void fill(QuestionPack all, int s, Scene scene, Picture picture, long seed, SplittableRandom random) {
        if (settings.text() == 0) {
            return;
        }
        if (random.nextDouble() < settings.captions()) {
            for (Descriptions.Told told : descriptions.of(scene, picture, seed, random)) {
                all.ask(s, draw.encode(told.question()), draw.encode(told.answer()), null, false);
            }
            if (!descriptions.followed()) {
                return;
            }
        }
        for (Question q : draw.about(scene, picture, seed, random)) {
            boolean follows = random.nextDouble() < settings.chained();
            if (!all.ask(s, draw.encode(q.text()), draw.encode(q.answer()), q, follows)) {
                break;
            }
        }
    }

    /** Every object's centre, then a random mix of object patches, then background; in raster order. */
    private static int[] choose(PatchLabels labels, int visual, SplittableRandom random) {
        int n = labels.owner().length;
        if (visual >= n) {
            int[] every = new int[n];
            Arrays.setAll(every, i -> i);
            return every;
        }
        double[] rank = new double[n];
        Integer[] order = new Integer[n];
        for (int p = 0; p < n; p++) {
            order[p] = p;
            double bonus = labels.centre()[p] >= 0 ? 4 : labels.owner()[p] >= 0 ? 0.6 : 0;
            rank[p] = random.nextDouble() + bonus;
        }
        Arrays.sort(order, (a, b) -> Double.compare(rank[b], rank[a]));
        int[] chosen = new int[visual];
        Arrays.setAll(chosen, i -> order[i]);
        Arrays.sort(chosen);
        return chosen;
    }
}
