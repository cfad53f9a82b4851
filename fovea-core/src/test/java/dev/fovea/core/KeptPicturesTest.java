package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.NativePeak;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.core.weights.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What is kept of pictures stays within its bound, and is found again by contents and size. */
class KeptPicturesTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/llava-mha");
    private static final long LIMIT = 200_000_000;

    /** Of LLaVA-1.5 in bf16: 577 tokens of 1,024 channels. */
    private static final long BYTES = 577L * 1024 * 2;

    private static final PlanKey PLAN = new PlanKey(List.of(), Budget.full(), List.of());

    private static KeptPictures.Key key(int number) {
        return new KeptPictures.Key(PLAN, new PictureHash("picture " + number), 0);
    }

    private static EncodedImage small() {
        try (Scope ignored = Scope.inference()) {
            PathEngine engine =
                    new PathEngine(Families.read(FOLDER).description().load(Checkpoint.open(FOLDER), DType.F32, null));
            int side = engine.model().vision().options().patches().imageSize();
            Tensor pixels = Tensors.zeros(DType.F32, 3, side, side);
            return engine.encode(List.of(new ImageInput(pixels, () -> pixels, "", PlanRun.plain())))
                    .getFirst();
        }
    }

    /** The same with features of LLaVA's size. */
    private static EncodedImage large(EncodedImage like) {
        try (Scope ignored = Scope.inference()) {
            return new EncodedImage(
                    OwnedTensor.of(Tensors.empty(DType.BF16, 577, 1024)),
                    like.grid(),
                    like.unframed(),
                    like.width(),
                    like.height(),
                    like.tokens(),
                    like.carried(),
                    like.decided(),
                    like.encoderTokens(),
                    like.blending());
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aThousandPicturesStayUnderTheirBound() {
        try (EncodedImage like = small();
                KeptPictures kept = new KeptPictures(LIMIT)) {
            long peak = NativePeak.during(() -> {
                for (int i = 0; i < 1_000; i++) {
                    kept.keep(key(i), large(like));
                    kept.giveBack(List.of(key(i)));
                    // Somebody asks about the first one again and again.
                    assertThat(holds(kept, 0)).isTrue();
                }
            });
            // Of 1.2 GB; the compiler of the JVM takes some too.
            assertThat(peak).isBetween(LIMIT * 9 / 10, LIMIT * 12 / 10);
            List<Integer> left = IntStream.range(0, 1_000)
                    .filter(i -> holds(kept, i))
                    .boxed()
                    .toList();
            long fit = LIMIT / BYTES;
            assertThat(left).hasSize((int) fit).startsWith(0).endsWith(999).contains((int) (1_001 - fit));
        }
    }

    @Test
    void aPictureThatIsKeptTwiceCountsOnce() {
        try (EncodedImage like = small();
                KeptPictures kept = new KeptPictures(2 * BYTES)) {
            for (int i = 0; i < 10; i++) {
                EncodedImage first = kept.keep(key(0), large(like));
                kept.keep(key(1), large(like));
                // Whoever brings the same again gets what is kept.
                assertThat(kept.keep(key(0), large(like))).isSameAs(first);
                kept.giveBack(List.of(key(0), key(1), key(0)));
            }
            assertThat(holds(kept, 0)).isTrue();
            assertThat(holds(kept, 1)).isTrue();
        }
    }

    @Test
    void whatIsLentStaysWhateverTheBound() {
        try (EncodedImage like = small();
                KeptPictures kept = new KeptPictures(BYTES)) {
            EncodedImage lent = kept.keep(key(0), large(like));
            for (int i = 1; i < 5; i++) {
                kept.keep(key(i), large(like));
                kept.giveBack(List.of(key(i)));
                assertThat(holds(kept, i)).isFalse();
                assertThat(lent.bytes()).isEqualTo(BYTES);
            }
            kept.giveBack(List.of(key(0)));
            assertThat(holds(kept, 0)).isTrue();
            kept.keep(key(9), large(like));
            kept.giveBack(List.of(key(9)));
            assertThat(holds(kept, 0)).isFalse();
        }
    }

    private static boolean holds(KeptPictures kept, int number) {
        boolean there = kept.lend(key(number)) != null;
        kept.giveBack(List.of(key(number)));
        return there;
    }

    private static RgbImage random(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        new SplittableRandom(1).nextBytes(rgb);
        return new RgbImage(width, height, rgb);
    }

    private static BatchAnswer ask(ContinuousBatch batch, RgbImage picture) {
        return batch.submit(
                        List.of(ChatMessage.of("user", 1, "What is it?")),
                        List.of(picture),
                        AskOptions.defaults().withMaxTokens(2),
                        "test")
                .answer()
                .join();
    }

    @Test
    void picturesOfEqualBytesAndDifferentSizesDoNotMeet() {
        RgbImage wide = random(24, 12);
        RgbImage tall = random(12, 24);
        assertThat(wide.rgb()).isEqualTo(tall.rgb());
        assertThat(PictureHash.of(wide)).isNotEqualTo(PictureHash.of(tall));
        try (VisionLanguageModel model = VisionLanguageModel.open(FOLDER);
                ContinuousBatch batch = model.batch(BatchOptions.defaults())) {
            assertThat(ask(batch, wide).cachedViews()).isZero();
            BatchAnswer other = ask(batch, tall);
            assertThat(other.cachedViews()).isZero();
            assertThat(other.cachedTokens()).isZero();
            assertThat(ask(batch, random(24, 12)).cachedTokens()).isPositive();
            assertThat(ask(batch, random(12, 24)).cachedTokens()).isPositive();
        }
    }
}
