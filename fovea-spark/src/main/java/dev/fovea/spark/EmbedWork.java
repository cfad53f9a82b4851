package dev.fovea.spark;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Reason;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Every picture as a vector of length 1.
 *
 * @param how the dual encoder
 */
record EmbedWork(FoveaSpark how) implements PictureWork {
    private static final StructType ADDED = Columns.of(
            "embedding", DataTypes.createArrayType(DataTypes.FloatType, false), "error", DataTypes.StringType);

    @Override
    public StructType schema(StructType input) {
        PictureColumn.of(input, how.pictures());
        return PictureWork.with(input, ADDED);
    }

    @Override
    public Iterator<Row> rows(StructType input, Iterator<Row> rows) {
        DualEncoder model = ExecutorModels.forEmbedding(how);
        PictureColumn pictures = PictureColumn.of(input, how.pictures());
        PictureReader reader = new PictureReader();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public Row next() {
                Row row = rows.next();
                try {
                    return Columns.append(row, Arrays.asList(vector(model, pictures.read(row, reader)), null));
                } catch (RuntimeException e) {
                    return Columns.append(row, Arrays.asList(null, Reason.of(e)));
                }
            }
        };
    }

    private static Float[] vector(DualEncoder encoder, RgbImage picture) {
        float[] unit = encoder.embedImages(List.of(picture)).unitRow(0);
        Float[] boxed = new Float[unit.length];
        Arrays.setAll(boxed, i -> unit[i]);
        return boxed;
    }
}
