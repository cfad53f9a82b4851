package dev.fovea.train.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class NetsTest {

    private static Tensor random(long seed, long... shape) {
        SplittableRandom random = new SplittableRandom(seed);
        int n = 1;
        for (long s : shape) {
            n *= (int) s;
        }
        float[] data = new float[n];
        for (int i = 0; i < n; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return Tensors.of(data, shape);
    }

    private static void assertClose(Tensor actual, Tensor expected, double tolerance) {
        float[] a = Tensors.floats(actual);
        float[] b = Tensors.floats(expected);
        assertThat(a).hasSameSizeAs(b);
        for (int i = 0; i < a.length; i++) {
            assertThat((double) a[i]).isCloseTo(b[i], within(tolerance));
        }
    }

    @Test
    void theNormByAnotherKernelIsTheSameNormForwardAndBackward() {
        try (Scope scope = Scope.training()) {
            Tensor x = random(1, 2, 5, 16).set_requires_grad(true);
            Tensor y = x.detach().clone().set_requires_grad(true);
            RmsNorm norm = new RmsNorm(random(2, 16), 1e-5);
            Tensor weights = random(3, 2, 5, 16);
            Tensor a = DecoderNet.rms(norm, x);
            Tensor b = norm.forward(y);
            assertClose(a, b, 1e-5);
            a.mul(weights).sum().backward();
            b.mul(weights).sum().backward();
            assertClose(x.grad(), y.grad(), 1e-4);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void rotationWithSignedSinesIsTheSameRotation() {
        try (Scope scope = Scope.inference()) {
            RotaryEmbedding.Table table = RotaryEmbedding.plain(8, 10_000).table(new int[] {0, 1, 7, 300, 4});
            Tensor x = random(4, 3, 2, 5, 8);
            assertClose(DecoderNet.rotate(x, DecoderNet.signed(table)), RotaryEmbedding.rotate(x, table), 1e-6);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void bothPrecisionsMultiplyAlikeWithinRounding() {
        try (Scope scope = Scope.inference()) {
            Linear linear = new Linear(random(5, 24, 32), random(6, 24));
            Tensor x = random(7, 9, 32);
            Tensor exact = linear.forward(x);
            assertClose(Precision.F32.forward(linear, x), exact, 1e-5);
            // Sums of 32 products, each rounded to 8 bits.
            assertClose(Precision.wide(Precision.BF16.forward(linear, x)), exact, 0.15);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void gradientsReachEveryWeightInBothPrecisions() {
        for (Precision precision : Precision.values()) {
            Parameters declared = new Parameters(9);
            DecoderNet.Config c = new DecoderNet.Config(32, 16, 2, 2, 1, 24, 10_000);
            DecoderNet.declare(declared, "d.", c);
            try (Parameters p = declared.freeze();
                    Scope scope = Scope.training()) {
                DecoderNet net = new DecoderNet(p, "d.", c, precision);
                Tensor x = net.embed(Tensors.of(new int[] {1, 2, 3, 4, 5, 6}, 2, 3));
                Tensor mask = Tensors.zeros(dev.fovea.core.tensor.DType.F32, 2, 1, 3, 3);
                Tensor logits = net.logits(net.forward(x, new int[] {0, 1, 2, 0, 1, 2}, mask));
                assertThat(Tensors.shape(logits)).containsExactly(2, 3, 32);
                logits.mul(random(8, 2, 3, 32)).sum().backward();
                for (Parameters.Entry e : p.entries()) {
                    Tensor g = p.gradients().narrow(0, e.offset(), e.size());
                    assertThat(g.norm().item_float())
                            .as(e.name() + " in " + precision)
                            .isPositive();
                }
                assertThat(scope).isNotNull();
            }
        }
    }

    @Test
    void aWindowOfAllPatchesIsThePictureWithoutCls() {
        Parameters declared = new Parameters(10);
        VisionNet.Config c = new VisionNet.Config(28, 14, 16, 1, 2, 32);
        VisionNet.declare(declared, "v.", c);
        try (Parameters p = declared.freeze();
                Scope scope = Scope.inference()) {
            VisionNet net = new VisionNet(p, "v.", c, Precision.F32);
            Tensor patches = random(1, 3, 4, c.patchValues());
            Tensor positions = Tensors.indices(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
            assertThat(Tensors.shape(net.windows(patches, positions, 1))).containsExactly(3, 4, 16);
            Tensor whole = net.pictures(patches, positions, 0);
            assertThat(Tensors.shape(whole)).containsExactly(3, 5, 16);
            // Before any block the patches know nothing of CLS.
            assertClose(whole.narrow(1, 1, 4), net.windows(patches, positions, 0), 1e-6);
            assertThat(Tensors.shape(net.pooled(net.lastBlock(whole)))).containsExactly(3, 16);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void initialValuesDependOnSeedAndNameAlone() {
        Parameters a = new Parameters(5);
        a.matrix("x", 3, 4, 0.1);
        a.matrix("y", 2, 2, 0.1);
        Parameters b = new Parameters(5);
        b.matrix("y", 2, 2, 0.1);
        b.vector("z", 1, 3);
        b.matrix("x", 3, 4, 0.1);
        try (Parameters p = a.freeze();
                Parameters q = b.freeze()) {
            assertThat(Tensors.floats(q.get("x"))).isEqualTo(Tensors.floats(p.get("x")));
            assertThat(Tensors.floats(q.get("y"))).isEqualTo(Tensors.floats(p.get("y")));
            assertThat(Tensors.floats(q.get("z"))).containsOnly(1f);
            assertThat(q.size()).isEqualTo(19);
        }
    }

    @Test
    void parametersRefuseWhatCannotBe() {
        Parameters declared = new Parameters(1);
        declared.vector("a", 0, 2);
        assertThatThrownBy(() -> declared.vector("a", 0, 2)).hasMessageContaining("'a' is declared twice");
        assertThatThrownBy(declared::values).isInstanceOf(IllegalStateException.class);
        try (Parameters p = declared.freeze()) {
            assertThatThrownBy(() -> p.vector("b", 0, 2)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> p.get("b")).hasMessageContaining("no parameter 'b'");
        }
    }
}
