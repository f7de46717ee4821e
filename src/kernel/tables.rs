//! Tables of A·2^(j/N), parts of constants, and polynomials.
//!
//! Written by `proofs/tables.sollya`: do not edit.

/// `N` values Sⱼ next to A·2^(j/N), and what they miss.
pub(super) struct Table<const N: usize> {
    /// The bits of Sⱼ less j·2⁵²/N. Adding an integer n = N·k + j, shifted left by 52 − log₂ N,
    /// gives the bits of Sⱼ·2ᵏ.
    pub(super) powers: [u64; N],
    /// The bits of ln(S₀·2^(j/N)/Sⱼ): added to the exponent, it makes up for the rounding of Sⱼ.
    pub(super) remainders: [u64; N],
    /// S₀, which is A rounded.
    pub(super) base: f64,
    /// A/S₀ − 1.
    pub(super) base_error: f64,
}

/// 16/ln 2.
pub(super) const INV_LN_2_16TH: f64 = f64::from_bits(0x40371547652b82fe); // 0x1.71547652b82fep4
/// ln 2/16, rounded.
pub(super) const LN_2_16TH_HEAD: f64 = f64::from_bits(0x3fa62e42fefa39ef); // 0x1.62e42fefa39efp-5
/// ln 2/16 less its head.
pub(super) const LN_2_16TH_TAIL: f64 = f64::from_bits(0x3c3abc9e3b39803f); // 0x1.abc9e3b39803fp-60
/// 64/ln 2.
pub(super) const INV_LN_2_64TH: f64 = f64::from_bits(0x40571547652b82fe); // 0x1.71547652b82fep6
/// ln 2/64 in 36 bits: a multiple of it by an integer below 2¹⁷ is exact.
pub(super) const LN_2_64TH_HEAD: f64 = f64::from_bits(0x3f862e42fefa0000); // 0x1.62e42fefap-7
/// ln 2/64 less its head.
pub(super) const LN_2_64TH_TAIL: f64 = f64::from_bits(0x3d1cf79abc9e3b3a); // 0x1.cf79abc9e3b3ap-46
/// λ, rounded.
pub(super) const SCALE_HEAD: f64 = f64::from_bits(0x3ff0cfabd6a91132); // 0x1.0cfabd6a91132p0
/// λ less its head.
pub(super) const SCALE_TAIL: f64 = f64::from_bits(0x3c86fc7d272f2696); // 0x1.6fc7d272f2696p-55
/// λ in 26 bits: its product with 26 bits or 27 is exact.
pub(super) const SCALE_SHORT_HEAD: f64 = f64::from_bits(0x3ff0cfabd0000000); // 0x1.0cfabdp0
/// λ less its short head.
pub(super) const SCALE_SHORT_TAIL: f64 = f64::from_bits(0x3e5aa444c8b7e3e9); // 0x1.aa444c8b7e3e9p-26

/// (eʳ − 1 − r − r²/2)/r³ on |r| ≤ ln 2/32.
pub(super) const EXP_CUBIC_REST_16: [f64; 6] = [
    f64::from_bits(0x3fc5555555555556), // 0x1.5555555555556p-3
    f64::from_bits(0x3fa5555555555556), // 0x1.5555555555556p-5
    f64::from_bits(0x3f811111110d568c), // 0x1.11111110d568cp-7
    f64::from_bits(0x3f56c16c16bcb52a), // 0x1.6c16c16bcb52ap-10
    f64::from_bits(0x3f2a01b1fb8d15ac), // 0x1.a01b1fb8d15acp-13
    f64::from_bits(0x3efa01b1557c02e7), // 0x1.a01b1557c02e7p-16
];
/// (eʳ − 1 − r − r²/2)/r³ on |r| ≤ ln 2/128.
pub(super) const EXP_CUBIC_REST_64: [f64; 4] = [
    f64::from_bits(0x3fc5555555555252), // 0x1.5555555555252p-3
    f64::from_bits(0x3fa5555555554f4e), // 0x1.5555555554f4ep-5
    f64::from_bits(0x3f811111d95f0727), // 0x1.11111d95f0727p-7
    f64::from_bits(0x3f56c16d4341d35e), // 0x1.6c16d4341d35ep-10
];
/// (eʳ − 1)/r on |r| ≤ ln 2/32, for results of f32.
pub(super) const EXP_M1_OVER_R_16: [f64; 6] = [
    f64::from_bits(0x3ff0000000000000), // 0x1p0
    f64::from_bits(0x3fdfffffffffffe0), // 0x1.fffffffffffep-2
    f64::from_bits(0x3fc55555554ad3f0), // 0x1.55555554ad3fp-3
    f64::from_bits(0x3fa55555557179c6), // 0x1.55555557179c6p-5
    f64::from_bits(0x3f8111228f36e171), // 0x1.111228f36e171p-7
    f64::from_bits(0x3f56c161bed42b99), // 0x1.6c161bed42b99p-10
];

/// A = λα, rounded to f64.
#[rustfmt::skip]
pub(super) static SELU_16: Table<16> = Table {
    powers: [
        0x3ffc212cc640f031, 0x3ffc5fff86d094ae, 0x3ffcacefd9853023, 0x3ffd044edd736624,
        0x3ffcb9d81e653228, 0x3ffc776aeb4d0064, 0x3ffc3d625c955f64, 0x3ffc0c1d932485db,
        0x3ffbe3ffe61293a6, 0x3ffbc5711265ed25, 0x3ffbb0dd6ceca13b, 0x3ffba6b6164ace15,
        0x3ffba7713157087d, 0x3ffbb38a1bdee4eb, 0x3ffbcb81a9eee99d, 0x3ffbefde63ba6636,
    ],
    remainders: [
        0x0000000000000000, 0xbc9338906f78ba4e, 0x3c8c12e19c327729, 0xbc827132e919a56f,
        0x3c9a3f981bd9a8cb, 0x3c92111f13d175eb, 0xbc8a197885e4e7d2, 0x3c8a782eb87792c9,
        0xbc7507234110ca8c, 0x3c78a529d92bb060, 0xbc7aa68eb50ef1ca, 0xbc8d903f698e8805,
        0xbc7c1a47c34f81f5, 0xbc9016e5d336c00b, 0xbc8b92a122306c25, 0xbc888d55f926fed8,
    ],
    base: f64::from_bits(0x3ffc212cc640f031),
    base_error: f64::from_bits(0x3c6290280fb31b91),
};

/// A = 1, rounded to f64.
#[rustfmt::skip]
pub(super) static ELU_16: Table<16> = Table {
    powers: [
        0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
        0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429,
        0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
        0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da,
    ],
    remainders: [
        0x0000000000000000, 0x3c979aa65d837b6c, 0xbc801b15eaa59348, 0x3c968efde3a8a894,
        0x3c834d754db0abb6, 0x3c859f48a72a4c6d, 0x3c7690cebb7aafb0, 0x3c9063e1e21c5409,
        0xbc93b3efbf5e2229, 0xbc7b32dcb94da51d, 0x3c8db72fc1f0eab4, 0x3c71affc2b91ce27,
        0x3c8c1a7792cb3387, 0x3c736eae30af0cb3, 0x3c74a385a63d07a7, 0xbc8ff7128fd391f1,
    ],
    base: f64::from_bits(0x3ff0000000000000),
    base_error: f64::from_bits(0x0000000000000000),
};

/// A = λα, rounded to 26 bits: for products without FMA.
#[rustfmt::skip]
pub(super) static SELU_64: Table<64> = Table {
    powers: [
        0x3ffc212cc8000000, 0x3ffc2f9730000000, 0x3ffc3edc30000000, 0x3ffc4efe28000000,
        0x3ffc5fff88000000, 0x3ffc71e2b8000000, 0x3ffc84aa28000000, 0x3ffc985860000000,
        0x3ffcacefd8000000, 0x3ffcc27328000000, 0x3ffcd8e4d0000000, 0x3ffcf04778000000,
        0x3ffd044ee0000000, 0x3ffcf0f520000000, 0x3ffcde17d8000000, 0x3ffccbb860000000,
        0x3ffcb9d820000000, 0x3ffca87870000000, 0x3ffc979ab8000000, 0x3ffc874068000000,
        0x3ffc776ae8000000, 0x3ffc681bb0000000, 0x3ffc595438000000, 0x3ffc4b15f0000000,
        0x3ffc3d6260000000, 0x3ffc303b00000000, 0x3ffc23a160000000, 0x3ffc179710000000,
        0x3ffc0c1d90000000, 0x3ffc013680000000, 0x3ffbf6e378000000, 0x3ffbed2610000000,
        0x3ffbe3ffe8000000, 0x3ffbdb72a8000000, 0x3ffbd37ff8000000, 0x3ffbcc2988000000,
        0x3ffbc57110000000, 0x3ffbbf5848000000, 0x3ffbb9e0e8000000, 0x3ffbb50cb0000000,
        0x3ffbb0dd70000000, 0x3ffbad54e8000000, 0x3ffbaa74f8000000, 0x3ffba83f68000000,
        0x3ffba6b618000000, 0x3ffba5dae8000000, 0x3ffba5afc0000000, 0x3ffba63688000000,
        0x3ffba77130000000, 0x3ffba961b0000000, 0x3ffbac0a00000000, 0x3ffbaf6c20000000,
        0x3ffbb38a18000000, 0x3ffbb865f8000000, 0x3ffbbe01c8000000, 0x3ffbc45fa8000000,
        0x3ffbcb81a8000000, 0x3ffbd369f8000000, 0x3ffbdc1ac0000000, 0x3ffbe59628000000,
        0x3ffbefde60000000, 0x3ffbfaf5b8000000, 0x3ffc06de58000000, 0x3ffc139a98000000,
    ],
    remainders: [
        0x0000000000000000, 0x3e0429a29cbae37e, 0x3e2411435ca8a828, 0x3e4139f565a2ac0d,
        0x3e16414c56e975a6, 0xbe31096d7c3a35bc, 0x3e2aa3e46f3d4f8e, 0xbe0ad4711c2da114,
        0x3e3c9486be59e5c2, 0xbe16b400ac320414, 0x3e42e8fab7753f81, 0x3e3f899916e735e7,
        0xbe38da0dd44371f9, 0xbe251bd45022d651, 0xbe02f4724539604a, 0x3e46f0dfd61f595d,
        0xbe2155fc33b119fd, 0xbe056d3192a0b3b5, 0x3e4334b055ba3fc9, 0x3e3d840789ca79fa,
        0x3e50115ee28cf548, 0x3e4d150ab17906db, 0xbe27c26f4b97814e, 0x3e0b5d134dcae8d4,
        0xbe40078378ad5ba8, 0x3e3f56cd76273d4e, 0x3e5043ac0da51fc4, 0x3e0eb65f20ad098e,
        0x3e4d10c5c97810fd, 0x3e4ee07001903850, 0x3e32a7218d1f9e48, 0xbe230f8dfe724145,
        0xbe21d3e98a5f406a, 0xbe247f732d75acc7, 0x3e2db1ad1ad874da, 0x3e49d8963d00608a,
        0x3e46b98836ecead9, 0x3df772e18ee1664e, 0xbe314903288bc6a8, 0x3e27bc29ff81d8e0,
        0xbe34681b1469aa6e, 0x3e39de8141c8b8b5, 0xbe3b10d567708115, 0xbe31575f9121be61,
        0xbe0b44110e4f7e32, 0x3e30962535854c7c, 0x3e2b877f66539692, 0x3e32510b33c45d76,
        0x3e3e651f8896e9e7, 0x3e36522b82e7d939, 0x3e396e782f7d4dbf, 0x3e45df1139906d56,
        0x3e4c0104b5e40c49, 0x3e31b25f75e23f1a, 0x3e392a02768da68e, 0xbe289b148e4b424b,
        0x3e418a28236e2786, 0x3e4199cd86930707, 0xbe071d217fe70d8e, 0xbe295965aa10b2b3,
        0x3e49a9707a3ab139, 0xbe24d0a5f989595f, 0x3e447f1832628e21, 0x3e49358133718229,
    ],
    base: f64::from_bits(0x3ffc212cc8000000),
    base_error: f64::from_bits(0xbe2fc92ed629723b),
};

/// A = 1, rounded to 26 bits.
#[rustfmt::skip]
pub(super) static ELU_64: Table<64> = Table {
    powers: [
        0x3ff0000000000000, 0x3fefec9a40000000, 0x3fefd9b0d0000000, 0x3fefc74518000000,
        0x3fefb55870000000, 0x3fefa3ec30000000, 0x3fef9301d0000000, 0x3fef829ab0000000,
        0x3fef72b840000000, 0x3fef635be8000000, 0x3fef548730000000, 0x3fef463b88000000,
        0x3fef387a70000000, 0x3fef2b4568000000, 0x3fef1e9df8000000, 0x3fef1285a8000000,
        0x3fef06fe08000000, 0x3feefc08b0000000, 0x3feef1a738000000, 0x3feee7db38000000,
        0x3feedea650000000, 0x3feed60a20000000, 0x3feece0860000000, 0x3feec6a2b8000000,
        0x3feebfdad8000000, 0x3feeb9b278000000, 0x3feeb42b58000000, 0x3feeaf4738000000,
        0x3feeab07e0000000, 0x3feea76f18000000, 0x3feea47eb0000000, 0x3feea23880000000,
        0x3feea09e68000000, 0x3fee9fb240000000, 0x3fee9f75e8000000, 0x3fee9feb58000000,
        0x3feea11470000000, 0x3feea2f338000000, 0x3feea58998000000, 0x3feea8d998000000,
        0x3feeace540000000, 0x3feeb1ae98000000, 0x3feeb737b0000000, 0x3feebd82a0000000,
        0x3feec49180000000, 0x3feecc6678000000, 0x3feed503b0000000, 0x3feede6b58000000,
        0x3feee89f98000000, 0x3feef3a2b8000000, 0x3feeff76f0000000, 0x3fef0c1e90000000,
        0x3fef199be0000000, 0x3fef27f130000000, 0x3fef3720e0000000, 0x3fef472d48000000,
        0x3fef5818e0000000, 0x3fef69e600000000, 0x3fef7c9730000000, 0x3fef902ee8000000,
        0x3fefa4afa0000000, 0x3fefba1bf0000000, 0x3fefd07658000000, 0x3fefe7c180000000,
    ],
    remainders: [
        0x0000000000000000, 0xbe384454184535b4, 0x3e4824d3f5839177, 0x3e1c7650cf07779b,
        0xbe472d09ece282f9, 0x3e456d51c9183c6f, 0x3df133a6ecfe9fc4, 0xbe33dca93236692b,
        0xbe49c0c2141fef92, 0x3e48f0ada1beed90, 0x3e343b2cd70e139c, 0x3e15ded5e280908a,
        0xbe35a85dbf35a1f5, 0xbe3d664ce804fdf2, 0xbe43c4812c9f9a1e, 0xbe2e2cf5b6a6108e,
        0x3e3d8582233b51e8, 0x3e3fd28e62a4ef9f, 0xbe244c49e3bfeddc, 0xbe44350ed9d5ffb2,
        0xbe494f4d19930d82, 0x3e390d1a32ee23ad, 0x3e1336de2bca05e0, 0xbe3c00751dc848ce,
        0xbe413389d0c95e00, 0xbe30ea91eba52bbf, 0xbe30ba46fc89add2, 0xbe2edeb88304d44a,
        0xbe400d8abadaf8d3, 0xbe3b2872fe188355, 0x3e05136894f89649, 0x3e3aad5bd1dc65c4,
        0xbe3101228eded968, 0xbe442c75e8bf7afb, 0x3e2471e65b672772, 0xbe3310291dbb4a5b,
        0x3e45394e3af5b5f2, 0xbe298303b9e071cb, 0x3e2b90b9b91c07e7, 0x3e4122dd261de4d4,
        0x3e367a1ca1d9d84a, 0x3e263f3cfcad71e9, 0x3e20522eeac30e6a, 0xbdf526431d4993c8,
        0x3e3a3b5e344f7bdf, 0x3e408b4a49e36ae3, 0x3e35cdd5b223e272, 0xbe3844d4a2886850,
        0x3e29c72f009003bf, 0x3e074253dce9b5b2, 0x3e3bc2ce19848536, 0x3e05cd7d4b4600e0,
        0xbe36961b3cf799a0, 0xbe2ddd9c70e6b11f, 0xbe3b5151d6f4f7a4, 0x3e31e5d4257b13c5,
        0xbe3a5217cbeba37e, 0x3e40a3cc994836d8, 0x3e3dbbc2130aab49, 0xbe0ecfca79bef76a,
        0x3e361428daeb9d87, 0xbe2ac576e75c6b48, 0x3e3c0c04605a5a8c, 0x3e2a3148310733fd,
    ],
    base: f64::from_bits(0x3ff0000000000000),
    base_error: f64::from_bits(0x0000000000000000),
};

/// λ/2 in units of 2⁻⁶⁴.
pub(super) const HALF_SCALE: u64 = 0x867d5eb548899170;
/// λα/2 in units of 2⁻⁶⁴.
pub(super) const HALF_SCALE_ALPHA: u64 = 0xe109663207818883;
/// 32/ln 2 in units of 2⁻⁵⁷.
pub(super) const INV_LN_2_32ND: u64 = 0x5c551d94ae0bf85e;

/// The coefficients of (1 − 2^(−g/16))/g on 0 ≤ g ≤ ½, without their alternating signs: the first in
/// units of 2⁻⁶⁷ …
#[rustfmt::skip]
pub(super) const SLOPE: [u64; 4] = [
        0x58b90bfbe8e7bc96, 0x01ebfbdff82c3517, 0x00071ac235bde52b, 0x000013b2ab53e7ff,
];
/// … the fifth of 2⁻⁶¹ …
pub(super) const SLOPE_4: u32 = 0xaec251ed;
/// … and the last of 2⁻⁶⁸.
pub(super) const SLOPE_5: u32 = 0xa0067c0a;

/// 2^(−j/32) in units of 2⁻⁶⁴; the first one is 1, less one unit.
#[rustfmt::skip]
pub(super) static POWERS_32: [u64; 32] = [
        0xffffffffffffffff, 0xfa83b2db722a033a, 0xf5257d152486cc2c, 0xefe4b99bdcdaf5cb,
        0xeac0c6e7dd24392f, 0xe5b906e77c8348a8, 0xe0ccdeec2a94e111, 0xdbfbb797daf23755,
        0xd744fccad69d6af4, 0xd2a81d91f12ae45a, 0xce248c151f8480e4, 0xc9b9bd866e2f27a3,
        0xc5672a115506dadd, 0xc12c4cca66709456, 0xbd08a39f580c36bf, 0xb8fbaf4762fb9ee9,
        0xb504f333f9de6484, 0xb123f581d2ac2590, 0xad583eea42a14ac6, 0xa9a15ab4ea7c0ef8,
        0xa5fed6a9b15138ea, 0xa27043030c496819, 0x9ef5326091a111ae, 0x9b8d39b9d54e5539,
        0x9837f0518db8a96f, 0x94f4efa8fef70961, 0x91c3d373ab11c336, 0x8ea4398b45cd53c0,
        0x8b95c1e3ea8bd6e7, 0x88980e8092da8527, 0x85aac367cc487b15, 0x82cd8698ac2ba1d7,
];
