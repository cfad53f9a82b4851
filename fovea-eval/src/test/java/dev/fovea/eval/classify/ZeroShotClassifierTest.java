package dev.fovea.eval.classify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Techniques;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of pictures through a tiny dual encoder with random weights: 16 patches, 3 blocks. */
class ZeroShotClassifierTest {
    private static final Path FOLDER = Path.of("..", "fovea-core", "src", "test", "resources", "golden", "clip");
    private static final ClassTexts TEXTS = ClassTexts.of(List.of("star", "ring", "moon"), List.of("a {}"));
    private static final Techniques INSTALLED = Techniques.installed();

    @SuppressWarnings("NullAway.Init")
    private static DualEncoder clip;

    @BeforeAll
    static void open() {
        clip = DualEncoder.open(FOLDER);
    }

    @AfterAll
    static void close() {
        clip.close();
    }

    /** Flat colours with a little noise, so that the tiny model sees several kinds of picture. */
    private static List<RgbImage> pictures(int count) {
        Random random = new Random(7);
        List<RgbImage> out = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] rgb = new byte[56 * 56 * 3];
            int[] colour = {random.nextInt(200), random.nextInt(200), random.nextInt(200)};
            for (int p = 0; p < rgb.length; p++) {
                rgb[p] = (byte) (colour[p % 3] + random.nextInt(56));
            }
            out.add(new RgbImage(56, 56, rgb));
        }
        return out;
    }

    /** SigLIP judges every label by itself: probabilities need not add up to one. */
    @ParameterizedTest
    @ValueSource(strings = {"siglip", "siglip2"})
    void siglipToo(String name) {
        try (DualEncoder siglip = DualEncoder.open(FOLDER.resolveSibling(name))) {
            for (String technique : List.of("", "tome")) {
                List<String> specs = technique.isEmpty() ? List.of() : List.of(technique);
                Budget budget = technique.isEmpty() ? Budget.full() : Budget.share(0.5);
                ZeroShotClassifier stream = new ZeroShotClassifier(siglip, TEXTS, INSTALLED, specs, budget);
                for (RgbImage picture : pictures(2)) {
                    Prediction seen = stream.classify(picture);
                    for (int c = 0; c < 3; c++) {
                        assertThat((double) seen.probabilities()[c])
                                .isCloseTo(1 / (1 + Math.exp(-seen.logits()[c])), within(1e-6));
                    }
                    assertThat(seen.ranking()[0]).isEqualTo(seen.label());
                    int patches = seen.ledger().total();
                    assertThat(seen.ledger().kept()).isEqualTo(technique.isEmpty() ? patches : (patches + 1) / 2);
                }
            }
            assertThatThrownBy(
                            () -> new ZeroShotClassifier(siglip, TEXTS, INSTALLED, List.of("tca"), Budget.share(0.5)))
                    .hasMessageContaining("tca");
        }
    }

    private static ZeroShotClassifier stream(Budget budget, String... specs) {
        return new ZeroShotClassifier(clip, TEXTS, INSTALLED, List.of(specs), budget);
    }

    private static List<Prediction> all(List<RgbImage> pictures, Budget budget, String... specs) {
        return all(TEXTS, pictures, budget, specs);
    }

    private static List<Prediction> all(ClassTexts texts, List<RgbImage> pictures, Budget budget, String... specs) {
        ZeroShotClassifier stream = new ZeroShotClassifier(clip, texts, INSTALLED, List.of(specs), budget);
        return pictures.stream().map(stream::classify).toList();
    }

    private static void assertPlain(List<Prediction> predictions, List<RgbImage> pictures) {
        List<String> captions = TEXTS.texts().stream().flatMap(List::stream).toList();
        for (int i = 0; i < pictures.size(); i++) {
            assertThat(predictions.get(i).logits())
                    .containsExactly(
                            clip.similarity(List.of(pictures.get(i)), captions).data());
        }
    }

    /** Without technique, at budget full, and with neither condensation nor correction: to the bit. */
    @Test
    void theDualEncodersOwnLogitsWhereNothingIsAskedFor() {
        List<RgbImage> pictures = pictures(4);
        assertPlain(all(pictures, Budget.full()), pictures);
        for (String id : List.of("tca", "tome", "turbo", "flowcut")) {
            assertPlain(all(pictures, Budget.full(), id), pictures);
            assertThat(stream(Budget.full(), id).isPlain()).isTrue();
        }
        assertPlain(all(pictures, Budget.full(), "tca:rho=0,lambda=0"), pictures);
        assertThat(stream(Budget.full(), "tca:rho=0").isPlain()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tca", "tome", "turbo", "flowcut"})
    void techniquesInsideTheEncoderSpendItsTokens(String id) {
        Prediction prediction =
                stream(Budget.parse("50%"), id).classify(pictures(1).getFirst());
        assertThat(prediction.ledger().total()).isEqualTo(16);
        assertThat(prediction.ledger().kept()).isBetween(1, 8);
        assertThat(Vectors.sum(prediction.probabilities())).isCloseTo(1, within(1e-6));
        assertThat(prediction.ranking()[0]).isEqualTo(prediction.label());
    }

    /** The reservoir alone: the first picture's correction is lambda for its own prediction and nothing else. */
    @Test
    void theFirstPictureSupportsItself() {
        Prediction first =
                stream(Budget.full(), "tca:rho=0,lambda=7").classify(pictures(1).getFirst());
        for (int c = 0; c < 3; c++) {
            float corrected = first.logits()[c] - first.uncorrected()[c];
            assertThat(corrected).isCloseTo(c == first.label() ? 7 : 0, within(1e-3f));
        }
    }

    @Test
    void theSameStreamGivesTheSameAndAnotherOrderSomethingElse() {
        List<RgbImage> pictures = pictures(6);
        List<Prediction> once = all(pictures, Budget.parse("50%"), "tca");
        List<Prediction> again = all(pictures, Budget.parse("50%"), "tca");
        List<Prediction> reversed = all(pictures.reversed(), Budget.parse("50%"), "tca");
        boolean differs = false;
        for (int i = 0; i < pictures.size(); i++) {
            assertThat(once.get(i).logits()).containsExactly(again.get(i).logits());
            float[] one = once.get(i).logits();
            float[] other = reversed.get(pictures.size() - 1 - i).logits();
            differs |= IntStream.range(0, 3).anyMatch(c -> Math.abs(one[c] - other[c]) > 1e-3);
        }
        assertThat(differs).isTrue();
        // Without reservoir a picture is judged by itself, whatever came before it.
        List<Prediction> alone = all(pictures, Budget.parse("50%"), "tca:reservoir=0");
        List<Prediction> aloneReversed = all(pictures.reversed(), Budget.parse("50%"), "tca:reservoir=0");
        for (int i = 0; i < pictures.size(); i++) {
            assertThat(alone.get(i).logits())
                    .containsExactly(aloneReversed.get(pictures.size() - 1 - i).logits());
        }
    }

    /** Once every class remembers two pictures, the uncorrected logits change too: an anchor attends. */
    @Test
    void anchorsAttendOnceEveryClassIsKnown() {
        List<RgbImage> pictures = pictures(40);
        ClassTexts two = balanced(pictures);
        List<Prediction> with = all(two, pictures, Budget.parse("50%"), "tca");
        List<Prediction> without = all(two, pictures, Budget.parse("50%"), "tca:anchors=off");
        int[] known = new int[2];
        boolean changed = false;
        for (int i = 0; i < pictures.size(); i++) {
            boolean ready = known[0] >= 2 && known[1] >= 2;
            boolean same =
                    Arrays.equals(with.get(i).uncorrected(), without.get(i).uncorrected());
            assertThat(same).as("picture %d", i).isEqualTo(!ready);
            changed |= !same;
            known[TopK.best(with.get(i).uncorrected())]++;
        }
        assertThat(changed).as("the stream reaches both classes twice").isTrue();
    }

    /** Of many words the two between which these pictures are divided most evenly. */
    private static ClassTexts balanced(List<RgbImage> pictures) {
        List<String> words = List.of("star", "ring", "moon", "red", "blue", "one", "two", "left", "sign", "arrow");
        ClassTexts texts = ClassTexts.of(words, List.of("{}"));
        List<Prediction> alone = all(texts, pictures, Budget.parse("50%"), "tca:reservoir=0");
        List<String> best = words.subList(0, 2);
        long most = -1;
        for (int a = 0; a < words.size(); a++) {
            for (int b = a + 1; b < words.size(); b++) {
                int first = a;
                int second = b;
                long wins = alone.stream()
                        .filter(p -> p.logits()[first] > p.logits()[second])
                        .count();
                if (Math.min(wins, pictures.size() - wins) > most) {
                    most = Math.min(wins, pictures.size() - wins);
                    best = List.of(words.get(a), words.get(b));
                }
            }
        }
        return ClassTexts.of(best, List.of("{}"));
    }

    @Test
    void aClassIsTheMeanDirectionOfItsTexts() {
        ClassTexts texts = ClassTexts.of(List.of("star", "ring"), List.of("a {}", "one {} here"));
        Matrix classes = texts.embed(clip);
        Matrix each = clip.embedTexts(List.of("a star", "one star here"));
        float[] a = each.row(0);
        float[] b = each.row(1);
        for (int i = 0; i < a.length; i++) {
            assertThat(classes.get(0, i))
                    .isCloseTo((a[i] / Vectors.norm(a) + b[i] / Vectors.norm(b)) / 2, within(1e-5f));
        }
    }

    @Test
    void labelsAndTemplatesAreChecked() {
        assertThatThrownBy(() -> ClassTexts.of(List.of(), List.of("{}"))).hasMessageContaining("no labels");
        assertThatThrownBy(() -> ClassTexts.of(List.of("cat"), List.of("{}")))
                .hasMessage("There is only one label to choose from, 'cat'; give at least two.");
        assertThatThrownBy(() -> ClassTexts.of(List.of("cat", " "), List.of("{}")))
                .hasMessageContaining("empty");
        assertThatThrownBy(() -> ClassTexts.of(List.of("cat", "cat"), List.of("{}")))
                .hasMessageContaining("'cat' is given twice");
        assertThatThrownBy(() -> ClassTexts.of(List.of("cat", "dog"), List.of("a photo")))
                .hasMessageContaining("'a photo' has no {}");
    }

    @Test
    void worldPicturesShowWhatTheirLabelSays() {
        WorldPictures byShape = new WorldPictures(WorldPictures.By.SHAPE, 0, 0);
        WorldPictures byColour = new WorldPictures(WorldPictures.By.COLOUR, 0, 0);
        assertThat(byColour.texts().texts().get(1)).contains("an orange star", "an orange arrow");
        for (int i = 0; i < 20; i++) {
            String shape = byShape.picture(i).label();
            String colour = byColour.picture(i).label();
            assertThat(byShape.texts().labels()).contains(shape);
            assertThat(byColour.texts().labels()).contains(colour);
            assertThat(byShape.picture(i).picture().rgb())
                    .isEqualTo(byColour.picture(i).picture().rgb());
        }
        assertThatThrownBy(() -> new WorldPictures(WorldPictures.By.SHAPE, -1, 0))
                .hasMessageContaining("seed is -1");
    }

    @Test
    void noiseIsTheSameEveryTimeAndAsStrongAsAsked() {
        WorldPictures plain = new WorldPictures(WorldPictures.By.SHAPE, 0, 0);
        WorldPictures noisy = new WorldPictures(WorldPictures.By.SHAPE, 0, 20);
        RgbImage before = plain.picture(3).picture();
        RgbImage after = noisy.picture(3).picture();
        assertThat(noisy.picture(3).picture().rgb()).isEqualTo(after.rgb());
        assertThat(noisy.picture(3).label()).isEqualTo(plain.picture(3).label());
        double squares = 0;
        int counted = 0;
        for (int i = 0; i < before.rgb().length; i++) {
            int level = before.rgb()[i] & 0xff;
            // Nearer to the ends noise is cut off.
            if (level > 80 && level < 175) {
                squares += Math.pow((after.rgb()[i] & 0xff) - level, 2);
                counted++;
            }
        }
        assertThat(Math.sqrt(squares / counted)).isBetween(19.0, 21.0);
        assertThatThrownBy(() -> new WorldPictures(WorldPictures.By.SHAPE, 0, Double.NaN))
                .hasMessageContaining("The noise is NaN; give levels from 0 to 255");
    }
}
