package dev.fovea.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataUrlTest {
    @Test
    void holdsBytesWhateverItsTypeSays() {
        assertThat(DataUrl.bytes("data:image/png;base64,AQID", "It")).containsExactly(1, 2, 3);
        assertThat(DataUrl.bytes("DATA:;BASE64,AQI=", "It")).containsExactly(1, 2);
        assertThat(DataUrl.bytes("data:image/png;name=a;base64,", "It")).isEmpty();
        assertThat(DataUrl.base64("AQID", "It")).containsExactly(1, 2, 3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "https://example.org/a.png|It is not a data URL, and addresses are not opened",
                "file:///etc/passwd|It is not a data URL",
                "data:image/png,AQID|It must be written as data:image/png;base64,...",
                "data:image/png;base64|It must be written as",
                "data:image/png;base64,A-_D|It is not valid base64",
                "data:image/png;base64,AQ ID|It is not valid base64",
            })
    void anythingElseIsRefusedInASentence(String url, String sentence) {
        assertThatThrownBy(() -> DataUrl.bytes(url, "It"))
                .isInstanceOf(PictureException.class)
                .hasMessageStartingWith(sentence);
    }
}
