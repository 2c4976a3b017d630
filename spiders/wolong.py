"""南阳市卧龙区人民政府 (411303)."""

from crawler.portals.spider import PortalSpider


class WolongSpider(PortalSpider):
    name = "wolong"
    body = "南阳市卧龙区人民政府"
    division_code = "411303"
    addresses = ("http://www.wolong.gov.cn/zfxxgk/",)
