package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkingTypeTest {
    @Test
    void aPromptAndAnAnswerAreWeighedAsAUsualQuestionHasThem() {
        WorkingType.Products f32 = products(1600, 100);
        assertThat(WorkingType.gains(products(1600, 100), f32)).as("the same").isFalse();
        assertThat(WorkingType.gains(products(800, 50), f32))
                .as("both twice as fast")
                .isTrue();
        assertThat(WorkingType.gains(products(1000, 100), f32))
                .as("a faster prompt, 2,600 for 3,200")
                .isFalse();
        assertThat(WorkingType.gains(products(900, 100), f32))
                .as("2,500 for 3,200")
                .isTrue();
        assertThat(WorkingType.gains(products(1600, 50), f32))
                .as("faster tokens alone, 2,400 for 3,200")
                .isTrue();
        assertThat(WorkingType.gains(products(800, 200), f32))
                .as("slower tokens, 4,000 for 3,200")
                .isFalse();
    }

    @Test
    void productsOfBothTypesAreTimed() {
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            WorkingType.Products some = WorkingType.Products.of(dtype, List.of(768L, 512L));
            assertThat(some.one()).isPositive();
            assertThat(some.many()).as("256 rows are more work than one").isGreaterThan(some.one());
        }
    }

    private static WorkingType.Products products(long many, long one) {
        return new WorkingType.Products(many, one);
    }
}
